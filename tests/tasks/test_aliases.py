"""Aliases: what the experiment on internalisation needs to be true of its table, row by row."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from mechgrok.errors import UserError
from mechgrok.tasks.alias_tables.alias_rows import derangement, fitting
from mechgrok.tasks.alias_tables.alias_sets import SETS
from mechgrok.tasks.aliases import Aliases

P = 23
EVERY = tuple(SETS)
DESIGNS: dict[str, dict[str, Any]] = {
    "squares": {},
    "readme": {"form": "any", "answer": "either"},
    "controls": {"sets": EVERY, "questions": 5},
    "sums": {"operation": "add", "orders": "both", "held_out": 0.5},
    "products": {"operation": "multiply", "p": 24, "partners": (2, 3, 4, 6, 8), "questions": 5, "orders": "both"},
    "residues": {"operation": "residue", "p": 101, "partners": (2, 3, 5, 7, 11, 13), "questions": 6, "held_out": 0.5, "ambiguous": True},
}
designs = pytest.mark.parametrize("design", DESIGNS)


def made(design: str = "squares", **more: Any) -> Aliases:
    return Aliases(**({"p": P} | DESIGNS[design] | more))


def rows_of(task: Aliases, part: str) -> np.ndarray:
    return np.flatnonzero(task.part_of_row() == task.part_names.index(part))


def meaning(task: Aliases, token: int) -> int:
    """The integer that a token is a name of, by how it is written."""
    text = task.token_labels[token]
    return int(text.removeprefix("x"))


def compute(operation: str, a: int, b: int, p: int) -> int:
    return {"add-squares": (a * a + b * b) % p, "add": (a + b) % p, "multiply": a * b % p, "residue": a % b if b else -1}[operation]


@designs
def test_every_question_and_original_row_has_the_right_answer(design: str) -> None:
    task = made(design)
    definitions = np.flatnonzero((task.inputs() < 0).any(1))
    others = np.setdiff1d(np.arange(len(task.labels())), definitions)
    for row in others.tolist():
        a, b, equals = task.inputs()[row].tolist()
        assert task.token_labels[equals] == "="
        answer = compute(task.operation, meaning(task, a), meaning(task, b), task.p)
        assert meaning(task, int(task.labels()[row])) == answer == task.answers()[row]
        assert task.operands()[row].tolist() == [meaning(task, a), meaning(task, b)]


@designs
def test_the_original_rows_are_all_pairs_once(design: str) -> None:
    task = made(design)
    rows = rows_of(task, "original")
    pairs = {tuple(row) for row in task.inputs()[rows, :2].tolist()}
    assert pairs == {(a, b) for a in range(task.p) for b in range(task.p) if b or task.operation != "residue"}
    assert len(rows) == len(pairs)
    assert (~task.trained_rows()[rows]).sum() == int(0.1 * len(rows))


@designs
def test_definitions_end_at_the_alias_and_say_what_their_set_says(design: str) -> None:
    task = made(design)
    for name in task.sets:
        rows, kind = rows_of(task, f"{name}-definitions"), SETS[name]
        tags = {task.token_labels[tag] for tag in task.inputs()[rows, 0].tolist()}
        assert tags == ({kind.tag} if kind.tag else set())
        assert (task.inputs()[rows, 2] == -1).all()
        right = [meaning(task, token) == label for token, label in zip(task.inputs()[rows, 1], task.labels()[rows], strict=True)]
        assert right == [kind.correct] * len(rows)
        assert sorted(task.labels()[rows].tolist()) == sorted(task.integer_of_row()[rows].tolist())
        assert task.trained_rows()[rows].all()


@designs
def test_no_integer_is_in_two_sets_and_all_are_in_one(design: str) -> None:
    task = made(design)
    dealt = [set(task.integer_of_row()[rows_of(task, name)].tolist()) for name in task.sets]
    assert sorted(integer for each in dealt for integer in each) == list(range(task.p))
    assert [len(each) for each in dealt[:-1]] == [task.p // len(dealt)] * (len(dealt) - 1)


@designs
def test_a_question_shows_aliases_of_its_own_set_alone(design: str) -> None:
    task = made(design)
    for name in task.sets:
        rows = rows_of(task, name)
        own = set(task.integer_of_row()[rows].tolist())
        for tokens, about in zip(task.inputs()[rows, :2].tolist(), task.integer_of_row()[rows].tolist(), strict=True):
            shown = [meaning(task, token) for token in tokens if task.token_labels[token].startswith("x")]
            assert about in shown
            assert set(shown) <= own
            assert len(shown) == 1 or task.form == "any"


@designs
def test_what_is_held_out_and_when(design: str) -> None:
    task = made(design)
    for name in task.sets:
        for integer in np.unique(task.integer_of_row()[rows_of(task, name)]):
            rows = rows_of(task, name)
            rows = rows[task.integer_of_row()[rows] == integer]
            sides = 2 if task.orders == "both" else 1
            wanted = sides * max(1, round(task.held_out * task.questions)) if SETS[name].asked else len(rows)
            assert (~task.trained_rows()[rows]).sum() == pytest.approx(wanted, abs=sides == 2)
        both = np.concatenate([rows_of(task, name), rows_of(task, f"{name}-definitions")])
        assert set(task.stage_of_row()[both].tolist()) == {SETS[name].stage}
    assert set(task.stage_of_row()[rows_of(task, "original")].tolist()) == {-1}


def test_held_out_questions_have_other_operands_than_those_trained_on() -> None:
    """With the same ones on the other side, a symmetric task would be leaked."""
    task = made("sums")
    operands = task.operands()
    for name in ("DtQ1", "DfQ2"):
        for integer in np.unique(task.integer_of_row()[rows_of(task, name)]):
            rows = rows_of(task, name)
            rows = rows[task.integer_of_row()[rows] == integer]
            partners = operands[rows].sum(1) - integer
            trained = task.trained_rows()[rows]
            assert not set(partners[trained].tolist()) & set(partners[~trained].tolist())


def test_questions_are_asked_on_both_sides_and_answered_by_both_names() -> None:
    task = made("readme", p=61)
    rows = rows_of(task, "DtQ1")
    left = task.inputs()[rows, 0] > task.p
    aliased = task.labels()[rows] > task.p
    assert 0.3 < left.mean() < 0.7
    assert 0.3 < aliased.mean() < 0.7
    assert ((task.inputs()[rows, :2] > task.p).sum(1) == 2).any()


def test_ambiguous_questions_leave_several_integers_for_every_alias_and_plain_ones_do_not() -> None:
    """Counted from the answers: which integers fit what is trained on."""
    open_, closed = made("residues"), made("residues", ambiguous=False, held_out=0.2)
    for task, least in ((open_, 2), (closed, 1)):
        counts = []
        for integer in task.integer_of_row()[rows_of(task, "DtQ1")].tolist():
            rows = rows_of(task, "DtQ1")
            rows = rows[(task.integer_of_row()[rows] == integer) & task.trained_rows()[rows]]
            divisors = task.operands()[rows, 1].tolist()
            counts.append(sum(all(x % d == integer % d for d in divisors) for x in range(task.p)))
        assert min(counts) == least


def test_sums_of_squares_leave_an_integer_and_its_negative() -> None:
    """Why the published design cannot show internalisation: one question says all of an alias that matters."""
    assert [fitting(made(), 5, np.array([partner])).tolist() for partner in (0, 7)] == [[5, 18], [5, 18]]


def test_what_cannot_be_ambiguous_is_refused() -> None:
    """A sum tells the integer, a square tells it or its negative, which all other squares do not tell apart."""
    for design in ("sums", "squares"):
        with pytest.raises(UserError, match=r"questions about [0-9]+ determine the held-out answers"):
            made(design, ambiguous=True)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"questions": P + 1}, "24 are more than the 23"),
        ({"partners": (0, 5), "operation": "residue", "questions": 1}, "0 is none of the other operands"),
        ({"sets": ("Dt3", "Dt3")}, "name each once"),
        ({"sets": EVERY, "p": 17}, "at least two"),
        ({"form": "any", "ambiguous": True}, "form to one alias"),
    ],
)
def test_impossible_designs_are_refused_in_words(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        made(**wrong)


def test_another_seed_is_another_experiment_and_the_same_the_same() -> None:
    one, same, other = (made(design_seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(one.inputs(), same.inputs())
    assert not np.array_equal(one.integer_of_row(), other.integer_of_row())
    assert not np.array_equal(one.trained_rows(), other.trained_rows())


def test_a_derangement_moves_all_and_every_one_comes_up() -> None:
    """Of four: nine, each with probability 1 / 9; 900 draws make 100 of each, give or take five times 9.4."""
    drawn = [tuple(derangement(4, np.random.default_rng(seed)).tolist()) for seed in range(900)]
    counts = {each: drawn.count(each) for each in set(drawn)}
    assert len(counts) == 9
    assert all(abs(count - 100) < 5 * 9.4 for count in counts.values())
    assert not any(each[i] == i for each in counts for i in range(4))


def test_the_tokens_are_those_of_the_source() -> None:
    """Integers, '=', aliases, two tags, padding: 2 m + 4; a third tag has a token only where there is one."""
    task = Aliases()
    assert task.vocabulary == 2 * 109 + 4
    assert [task.token_labels[token] for token in (0, 108, 109, 110, 218, 219, 220, 221)] == [
        "0",
        "108",
        "=",
        "x0",
        "x108",
        "Dt",
        "Df",
        "<pad>",
    ]
    assert Aliases(sets=EVERY).vocabulary == 2 * 109 + 5
    row = rows_of(task, "Dt3-definitions")[0]
    tag, alias, integer, pad = task.sequences()[row].tolist()
    assert [task.token_labels[each] for each in (tag, alias, integer, pad)] == ["Dt", f"x{integer}", str(integer), "<pad>"]


def test_sets_are_told_apart_by_pairs_of_what_they_are_given() -> None:
    """The weak comparison changes tag and truth at once, the strong one the tag alone; the swapped sets are the other diagonal."""
    given = {name: (kind.stage, kind.tag, kind.correct, kind.asked) for name, kind in SETS.items()}
    assert all(given[one] != given[other] for one, other in combinations(given, 2))
    assert given["Dt3"][0] == given["Df4"][0]
    assert given["Dt3"][2:] == given["Df4"][2:]
