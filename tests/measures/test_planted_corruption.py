"""Networks that follow the truth, the rule or the labels they were trained with, by construction: what must be found is counted."""

from __future__ import annotations

import math
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from made_runs import config as made_config
from made_runs import make_run
from planted import Planted, handmade_snapshot, measured
from safetensors.numpy import save_file

from mechgrok.config import Config
from mechgrok.data.corruptions.corruption import Corruption, Labels
from mechgrok.data.corruptions.fixed_rule import FixedRule
from mechgrok.data.corruptions.increment import Increment
from mechgrok.data.corruptions.uniform import Uniform
from mechgrok.engine import registry
from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import NotApplicable, Result
from mechgrok.measures.anomalies.corrupted_loss import CorruptedLoss
from mechgrok.measures.grokking.loss import Loss
from mechgrok.measures.weights import learning_coefficient
from mechgrok.measures.weights.numerical_health import NumericalHealth
from mechgrok.measures.weights.train_loss import train_loss
from mechgrok.runs.grid import Grid
from mechgrok.runs.run import open_run
from mechgrok.runs.snapshot import Snapshot
from mechgrok.tasks.modular import Modular

P, N, SURE = 11, 4, 5.0
TASK = Modular(p=P)
TRAIN = np.random.default_rng(2).permutation(P * P) < 70
RIGHT = math.log(1 + (P - 1) * math.exp(-SURE))
"""Loss of a row whose label has SURE logits more than all others."""
WRONG = RIGHT + SURE
"""And of one whose label is among these others."""


def corrupted(rule: Corruption, train: np.ndarray = TRAIN) -> Labels:
    labels = rule.labels(TASK, train)
    assert labels is not None
    return labels


def following(answers: np.ndarray, labels: Labels, train: np.ndarray = TRAIN) -> Planted:
    """A network that is as sure of one answer in every row."""
    logits = SURE * torch.nn.functional.one_hot(torch.from_numpy(answers), P).double()
    return Planted(Grid.of(TASK, train, labels), logits)


def counted() -> dict[tuple[str, str], tuple[int, int]]:
    """Of the rule `label b where b is 0, 4 or 8`: rows of each kind, and on how many of them b = a + b, that is a = 0."""
    found = {(split, kind): (0, 0) for split in ("train", "test") for kind in ("clean", "corrupted")}
    for row, (a, b) in enumerate(product(range(P), repeat=2)):
        kind = ("train" if TRAIN[row] else "test", "corrupted" if b in (0, 4, 8) else "clean")
        rows, same = found[kind]
        found[kind] = rows + 1, same + (a == 0)
    return found


KINDS = [
    *("train_clean_truth", "train_poisoned_trained", "train_poisoned_truth"),
    *("test_clean_truth", "test_trigger_rule", "test_trigger_truth"),
]


def expected(share: float) -> float:
    """The loss where that share of rows is right."""
    return share * RIGHT + (1 - share) * WRONG


@pytest.mark.parametrize("follows", ["truth", "rule", "trained"])
def test_each_network_is_right_of_what_it_follows(follows: str) -> None:
    """Elsewhere it is right where both agree, on the rows with a = 0; the trained labels are the rule on train rows, else the truth."""
    labels = corrupted(FixedRule(divisor=N))
    found = measured(CorruptedLoss(), following(getattr(labels, follows), labels)).headline
    agree = {split: same / rows for (split, kind), (rows, same) in counted().items() if kind == "corrupted"}
    by_rule = {"train": follows != "truth", "test": follows == "rule"}
    shares = {
        "train_clean_truth": 1.0,
        "train_poisoned_trained": 1.0 if by_rule["train"] else agree["train"],
        "train_poisoned_truth": agree["train"] if by_rule["train"] else 1.0,
        "test_clean_truth": 1.0,
        "test_trigger_rule": 1.0 if by_rule["test"] else agree["test"],
        "test_trigger_truth": agree["test"] if by_rule["test"] else 1.0,
    }
    assert 0 < agree["train"] < 1
    assert 0 < agree["test"] < 1
    for kind in KINDS:
        assert found[f"accuracy_{kind}"] == pytest.approx(shares[kind], rel=1e-12), kind
        assert found[f"loss_{kind}"] == pytest.approx(expected(shares[kind]), rel=1e-12), kind


def test_rows_are_counted_by_kind() -> None:
    labels = corrupted(FixedRule(divisor=N))
    table = measured(CorruptedLoss(), following(labels.truth, labels)).table.set_index(["split", "subset", "against"]).sort_index()
    for (split, kind), (rows, same) in counted().items():
        subset = {"clean": "clean", "corrupted": "poisoned" if split == "train" else "trigger"}[kind]
        assert set(table.loc[(split, subset)]["rows"]) == {rows}
        against = table.loc[(split, subset)]["differing"].to_dict()
        assert against.pop("truth") == 0
        assert list(against.values()) == ([] if kind == "clean" else [rows - same])


def test_the_share_of_labels_that_did_change_leaves_out_draws_of_the_truth() -> None:
    labels = corrupted(Uniform(fraction=1.0))
    hits = sum(int(labels.trained[row] == sum(divmod(row, P)) % P) for row in np.flatnonzero(TRAIN))
    assert hits > 0
    found = measured(CorruptedLoss(), following(labels.truth, labels)).headline
    assert found["changed_share"] == pytest.approx(1 - hits / 70, rel=1e-12)


@pytest.mark.parametrize(("follows", "of_trained", "of_truth"), [("truth", 0.0, 1.0), ("trained", 1.0, 0.0)])
def test_memorised_and_inverted_noise(follows: str, of_trained: float, of_truth: float) -> None:
    """Where every corrupted label is wrong, a network is right of one of the two: inversion is accuracy against the truth."""
    labels = corrupted(Increment(fraction=0.3))
    found = measured(CorruptedLoss(), following(getattr(labels, follows), labels))
    assert found.headline["accuracy_train_poisoned_trained"] == of_trained
    assert found.headline["accuracy_train_poisoned_truth"] == of_truth
    assert found.headline["accuracy_train_clean_truth"] == found.headline["accuracy_test_clean_truth"] == 1
    assert found.headline["accuracy_test_trigger_rule"] is None
    assert "no test row is a trigger" in found.missing["accuracy_test_trigger_rule"]


def test_loss_is_against_what_was_trained_on_train_rows_and_the_truth_elsewhere() -> None:
    labels = corrupted(Increment(fraction=0.3))
    share = int(0.3 * 70) / 70
    memorised = measured(Loss(), following(labels.trained, labels)).headline
    inverted = measured(Loss(), following(labels.truth, labels)).headline
    assert (memorised["accuracy_train"], memorised["accuracy_test"]) == (1, 1)
    assert memorised["accuracy_all"] == pytest.approx(1 - 21 / P**2, rel=1e-12)
    assert (inverted["accuracy_all"], inverted["accuracy_test"]) == (1, 1)
    assert inverted["accuracy_train"] == pytest.approx(1 - share, rel=1e-12)
    assert inverted["train"] == pytest.approx(expected(1 - share), rel=1e-12)


def test_a_loss_is_zero_in_float32_where_the_label_that_was_trained_with_is_on_top() -> None:
    """Logits of 100 above all others collapse every softmax; the loss of a row is then zero or 100."""
    labels = corrupted(Increment(fraction=0.3))
    network = Planted(Grid.of(TASK, TRAIN, labels), 20 * following(labels.truth, labels).logits)
    found = measured(NumericalHealth(), network).headline
    assert {found[f"collapsed_{split}"] for split in ("all", "train", "test")} == {1}
    assert (found["zero_loss_all"], found["zero_loss_test"]) == (1, 1)
    assert found["zero_loss_train"] == pytest.approx(1 - 21 / 70, rel=1e-12)


class Told(Modular):
    """Addition modulo 7 whose table holds the labels that were trained with; its phase is the sum all the same."""

    p: int = 7
    told: tuple[int, ...] = ()

    def labels(self) -> np.ndarray:
        return np.array(self.told)

    def phase(self) -> np.ndarray:
        return super().labels()


SMALL = np.random.default_rng(7).permutation(49) < 30
WAVES = {1: 1.2, 3: 2.0}


def three() -> tuple[Snapshot, Snapshot, Snapshot]:
    """The same network on a corrupted run, on a clean one, and on the table that says what was trained with."""
    labels = Uniform(fraction=0.5, among="wrong").labels(Modular(p=7), SMALL)
    clean = handmade_snapshot(7, WAVES, SMALL)
    assert labels is not None
    told = Told(told=tuple(labels.trained.tolist()), loss_classes="numbers")
    grids = Grid.of(Modular(p=7), SMALL, labels), clean.grid, Grid.of(told, SMALL)
    one, two, other = (Snapshot(grid, clean.architecture, clean.weights, 0) for grid in grids)
    return one, two, other


SPLIT_BY_SPLIT = ["loss", "label-probability", "restricted-loss", "excluded-loss", "frequency-ablation", "ipr-pruning"]


@pytest.mark.parametrize("name", [*SPLIT_BY_SPLIT, "component-ablation", "linear-attention-loss", "projection-loss", "loss-decomposition"])
def test_train_rows_count_with_the_labels_that_they_were_trained_with(name: str) -> None:
    """As they do where the table itself holds these labels; all and test rows as in the clean run. Rows of further kinds, which only
    the corrupted run has, are left out."""
    measure = registry.measures()[name]()
    tables = [measured(measure, snapshot).table for snapshot in three()]
    run, clean, told = (table[table["split"].isin(["all", "train", "test"])].reset_index(drop=True) for table in tables)
    train = run["split"] == "train"
    values = [column for column in ("loss", "accuracy", "probability", "perplexity") if column in run]
    assert train.any()
    assert not np.allclose(run.loc[train, values], clean.loc[train, values], equal_nan=True)
    assert np.allclose(run.loc[train, values], told.loc[train, values], rtol=1e-10, atol=1e-12, equal_nan=True)
    assert np.array_equal(run.loc[~train, values], clean.loc[~train, values], equal_nan=True)


def test_the_slope_is_that_of_the_loss_that_was_trained_on() -> None:
    run, _, told = three()
    weights = {name: tensor.double() for name, tensor in run.weights.items()}
    one, other = float(train_loss(run)(weights)), float(train_loss(told)(weights))
    assert one == pytest.approx(other, rel=1e-12)
    index = torch.from_numpy(np.flatnonzero(SMALL))
    assert float(learning_coefficient._loss(run, index)(weights)) == pytest.approx(one, rel=1e-12)
    assert one > float(run.losses[index].mean()) + 1


def made(folder: Path, corruption: Corruption | None, p: int = 7) -> Path:
    """A random network's run, of one checkpoint or two, with corrupted labels."""
    make_run(folder, p=p, steps=(0, 20))
    settings = made_config(p, 0.4, False) | ({"corruption": corruption.model_dump()} if corruption else {})
    (folder / "config.json").write_text(Config.model_validate(settings).model_dump_json())
    run = open_run(folder)
    assert run.is_train is not None
    labels = corruption.labels(run.task, run.is_train) if corruption else None
    save_file({"is_train": run.is_train.astype(np.uint8), **(labels.arrays() if labels else {})}, folder / "split.safetensors")
    return folder


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("steps", ["all", "last"])
@pytest.mark.parametrize("rule", [FixedRule(divisor=2), Uniform(fraction=0.5), Increment(fraction=1.0)], ids=lambda rule: rule.kind)
def test_a_run_is_measured_drawn_and_told(rule: Corruption, steps: str, tmp_path: Path) -> None:
    found = analyze(open_run(made(tmp_path / "run", rule)), ["corrupted-loss"], steps=steps)["corrupted-loss"]
    assert isinstance(found, Result)
    assert set(found.table.columns) == {*CorruptedLoss.columns, "step"}
    figure = found.figure()
    assert len(figure.layout.annotations) == 4
    assert {trace.name for trace in figure.data} >= ({"clean rows", "corrupted rows, corrupted label"} if steps == "all" else set())
    assert set(found.headline) == {"changed_share", *(f"{value}_{kind}" for value in ("accuracy", "loss") for kind in KINDS)}


def test_it_does_not_apply_to_a_clean_run(tmp_path: Path) -> None:
    found = analyze(open_run(made(tmp_path / "run", None)), ["corrupted-loss"])["corrupted-loss"]
    assert isinstance(found, NotApplicable)
    assert found.reason == "the labels of this run are not corrupted"


def test_other_labels_are_measured_again(tmp_path: Path) -> None:
    """The stored result is of the split file that it was made from."""
    folder = made(tmp_path / "run", FixedRule(divisor=2))
    one = analyze(open_run(folder), ["corrupted-loss"])["corrupted-loss"].table
    run = open_run(folder)
    other = Increment(fraction=0.5).labels(run.task, run.is_train)
    assert other is not None
    save_file({"is_train": run.is_train.astype(np.uint8), **other.arrays()}, folder / "split.safetensors")
    assert not analyze(open_run(folder), ["corrupted-loss"])["corrupted-loss"].table.equals(one)


def test_a_corrupted_label_outside_the_basis_is_refused(tmp_path: Path) -> None:
    """Of products of units the truth is never 0, but a random label may be; logarithms of 0 there are none."""
    folder = made(tmp_path / "run", Uniform(fraction=1.0))
    settings = Config.model_validate_json((folder / "config.json").read_text())
    task = settings.task.model_copy(update={"operation": "multiply"})
    (folder / "config.json").write_text(settings.model_copy(update={"task": task}).model_dump_json())
    run = open_run(folder)
    assert run.corrupted is not None
    assert any(run.corrupted.trained[a * 7 + b] == 0 for a, b in product(range(1, 7), repeat=2))
    found = analyze(run, ["excluded-loss"])["excluded-loss"]
    assert isinstance(found, NotApplicable)
    assert found.reason == "0 is a corrupted label of this run and no element of its multiplicative group; use basis=additive"


def test_a_view_renames_the_labels_that_were_trained_with() -> None:
    """Seen by logarithms to the base 3 modulo 7: 3^0 .. 3^5 = 1, 3, 2, 6, 4, 5."""
    task = Modular(p=7, operation="multiply")
    labels = Increment(fraction=1.0).labels(task, np.ones(49, dtype=bool))
    assert labels is not None
    grid = Grid.of(task, np.ones(49, dtype=bool), labels)
    view = Snapshot(grid, handmade_snapshot(7, WAVES).architecture, {}, 0).in_basis("multiplicative").grid
    powers = [1, 3, 2, 6, 4, 5]
    for row, (i, j) in enumerate(product(range(6), repeat=2)):
        told = (powers[i] * powers[j] + 1) % 7
        assert int(view.trained_labels[row]) == (powers.index(told) if told else -1)
