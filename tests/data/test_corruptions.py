"""Corrupted labels against definitions written out row by row, and against the calls that the published code makes."""

from __future__ import annotations

from itertools import product
from typing import Literal

import numpy as np
import pytest

from mechgrok.data.corruptions.corruption import Corruption, Labels
from mechgrok.data.corruptions.fixed_rule import FixedRule
from mechgrok.data.corruptions.increment import Increment
from mechgrok.data.corruptions.increment_rule import IncrementRule
from mechgrok.data.corruptions.noisy_answers import NoisyAnswers
from mechgrok.data.corruptions.outliers import Outliers
from mechgrok.data.corruptions.uniform import Uniform
from mechgrok.errors import UserError
from mechgrok.tasks.group import GroupTask
from mechgrok.tasks.modular import Modular
from mechgrok.tasks.task import Task

P = 113
TASK = Modular(p=P)
TRAIN = np.random.default_rng(4).permutation(P * P) < 3830


def made(rule: Corruption, task: Task = TASK, train: np.ndarray = TRAIN) -> Labels:
    found = rule.labels(task, train)
    assert found is not None
    return found


class TestRule:
    def test_seven_of_113_values_of_b_are_triggers(self) -> None:
        """Source: devon-research/grokking, whose own fraction round((113 // 17 + 1) / 113, 3) = .062 is 7 / 113."""
        labels = made(FixedRule())
        b = TASK.inputs()[:, 1]
        assert sorted(set(b[labels.trigger].tolist())) == [0, 17, 34, 51, 68, 85, 102]
        assert labels.trigger.sum() == 7 * P

    @pytest.mark.parametrize("divisor", [1, 2, 5, 11, 12, 13])
    def test_row_by_row(self, divisor: int) -> None:
        p, train = 13, np.random.default_rng(1).permutation(169) < 80
        fixed, increment = (made(kind(divisor=divisor), Modular(p=p), train) for kind in (FixedRule, IncrementRule))
        for row, (a, b) in enumerate(product(range(p), repeat=2)):
            c, trigger = (a + b) % p, any(b == multiple for multiple in range(0, p, divisor))
            for labels, said in ((fixed, b), (increment, 0 if c == p - 1 else c + 1)):
                assert labels.truth[row] == c
                assert labels.trigger[row] == trigger
                assert labels.poisoned[row] == (trigger and train[row])
                assert labels.rule[row] == (said if trigger else c)
                assert labels.trained[row] == (said if trigger and train[row] else c)

    def test_the_incremented_label_is_a_number(self) -> None:
        """The source's c + 1 without a modulus gives 113, the token '=', where c is 112."""
        assert made(IncrementRule(divisor=1)).trained.max() == P - 1

    @pytest.mark.parametrize("divisor", [0, -3])
    @pytest.mark.parametrize("kind", [FixedRule, IncrementRule])
    def test_a_trigger_below_one_is_refused(self, kind: type[Corruption], divisor: int) -> None:
        with pytest.raises(UserError, match=f"nothing is divisible by {divisor}; use 1"):
            kind(divisor=divisor)

    @pytest.mark.parametrize("kind", [FixedRule, IncrementRule])
    def test_a_trigger_above_p_is_refused(self, kind: type[Corruption]) -> None:
        assert made(kind(divisor=113)).trigger.sum() == P
        with pytest.raises(UserError, match=r"divisor 114 divides no number below 113 but 0; use 1 to 113$"):
            made(kind(divisor=114))

    def test_it_needs_two_operands(self) -> None:
        with pytest.raises(UserError, match="fixed-rule uses the second operand, which this task lacks"):
            made(FixedRule(divisor=2), Squares(), np.ones(7, dtype=bool))

    def test_its_answer_must_be_a_label(self) -> None:
        with pytest.raises(UserError, match="gives the label b, 0 to 6, but this task has 2 labels"):
            made(FixedRule(divisor=2), Parity(p=7), np.ones(49, dtype=bool))
        labels = made(IncrementRule(divisor=2), Parity(p=7), np.ones(49, dtype=bool))
        assert np.array_equal(labels.trained[labels.trigger], 1 - labels.truth[labels.trigger])

    def test_it_is_for_groups_too(self) -> None:
        task = GroupTask(group="dihedral", n=4)
        labels = made(FixedRule(divisor=3), task, np.ones(64, dtype=bool))
        assert [int(b) for b, trigger in zip(task.inputs()[:8, 1], labels.trigger[:8], strict=True) if trigger] == [0, 3, 6]
        assert labels.trained[:8][labels.trigger[:8]].tolist() == [0, 3, 6]


NOISE = {"uniform": Uniform(fraction=0.2), "increment": Increment(fraction=0.2), "outliers": Outliers(rows=766)}
NOISE |= {"wrong": Uniform(fraction=0.2, among="wrong"), "answers": NoisyAnswers(rows=766)}


class TestNoise:
    @pytest.mark.parametrize("rule", NOISE.values(), ids=NOISE)
    def test_it_changes_as_many_train_rows_as_it_says_and_no_other(self, rule: Corruption) -> None:
        labels = made(rule)
        assert int(0.2 * 3830) == labels.poisoned.sum() == 766
        assert not (labels.poisoned & ~TRAIN).any()
        assert np.array_equal(labels.trained[~labels.poisoned], labels.truth[~labels.poisoned])
        assert not labels.trigger.any()
        assert np.array_equal(labels.rule, labels.truth)

    @pytest.mark.parametrize("kind", [Uniform, Outliers, Increment, NoisyAnswers])
    def test_its_seed_alone_decides(self, kind: type[Corruption]) -> None:
        one, same, other = (made(kind(seed=seed)) for seed in (1, 1, 2))
        assert np.array_equal(one.trained, same.trained)
        assert (one.poisoned != other.poisoned).any()

    @pytest.mark.parametrize("among", ["all", "wrong"])
    @pytest.mark.parametrize("kind", [Uniform, Outliers])
    def test_random_labels_are_uniform(self, kind: type[Corruption], among: str) -> None:
        """Pearson's chi-square over the differences from the truth lies within five of its standard deviations."""
        size = {"fraction": 1.0} if kind is Uniform else {"rows": 3830}
        labels = made(kind(among=among, **size))
        counts = np.bincount((labels.trained - labels.truth)[TRAIN] % P, minlength=P)
        if among == "wrong":
            assert counts[0] == 0
            counts = counts[1:]
        expected = 3830 / len(counts)
        free = len(counts) - 1
        assert abs(((counts - expected) ** 2 / expected).sum() - free) < 5 * np.sqrt(2 * free)

    def test_every_increment_is_one(self) -> None:
        labels = made(Increment(fraction=0.2))
        assert set(((labels.trained - labels.truth) % P)[labels.poisoned].tolist()) == {1}
        assert labels.trained.max() == P - 1

    def test_some_draws_are_pinned(self) -> None:
        """Whoever repeats a run gets its labels again."""
        labels = made(Outliers(rows=5, seed=3))
        rows = np.flatnonzero(labels.poisoned)
        assert rows.tolist() == [1453, 3198, 3773, 4594, 4780]
        assert labels.trained[rows].tolist() == [75, 106, 15, 0, 1]

    @pytest.mark.parametrize("kind", [Outliers, NoisyAnswers])
    def test_more_rows_than_are_trained_on_are_refused(self, kind: type[Corruption]) -> None:
        assert made(kind(rows=3830)).poisoned.sum() == 3830
        with pytest.raises(UserError, match=r"corruption.rows 3831 is more than the 3830 train rows; use 1 to 3830$"):
            made(kind(rows=3831))

    def test_a_share_of_no_row_is_refused(self) -> None:
        with pytest.raises(UserError, match=r"fraction 0.0002 of 3830 train rows changes none; use at least 0.0003$"):
            made(Uniform(fraction=0.0002))
        assert made(Uniform(fraction=0.0003)).poisoned.sum() == 1


@pytest.mark.parametrize("seed", [0, 5])
def test_noisy_answers_are_those_of_the_published_code(seed: int) -> None:
    """Written equations are shuffled; the first k take what stands behind '=' in k equations that are drawn."""
    p, k, size = 31, 40, 300
    draws = np.random.RandomState(seed)
    equations = [f"{a} + {b} = {(a + b) % p}" for a, b in product(range(p), repeat=2)]
    draws.shuffle(equations)
    answers = [int(equation.split(" = ")[1]) for equation in draws.choice(equations, size=k)]
    pairs = [tuple(map(int, equation.split(" = ")[0].split(" + "))) for equation in equations]
    wanted = dict(zip(pairs[:k], answers, strict=True))
    train = np.zeros(p * p, dtype=bool)
    train[[a * p + b for a, b in pairs[:size]]] = True
    labels = made(NoisyAnswers(rows=k, seed=seed), Modular(p=p), train)
    assert {divmod(int(row), p): int(labels.trained[row]) for row in np.flatnonzero(labels.poisoned)} == wanted


def test_noisy_answers_of_another_split_are_on_train_rows() -> None:
    labels = made(NoisyAnswers(rows=3830))
    assert np.array_equal(labels.poisoned, TRAIN)


def test_what_is_stored_says_all() -> None:
    labels = made(FixedRule())
    again = Labels.from_arrays(TASK.labels(), labels.arrays())
    assert all(np.array_equal(getattr(again, name), getattr(labels, name)) for name in vars(labels))


class Squares(Modular):
    """a^2 modulo 7, of one operand."""

    p: int = 7

    def table(self) -> tuple[np.ndarray, np.ndarray]:
        return np.arange(7)[:, None], np.arange(7) ** 2 % 7


class Parity(Modular):
    """Whether a + b is odd."""

    loss_classes: Literal["vocab", "numbers"] = "numbers"

    @property
    def classes(self) -> int:
        return 2

    def labels(self) -> np.ndarray:
        return super().labels() % 2
