"""corrupted-loss on planted networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from corrupted import KINDS, TRAIN, N, P, corrupted, counted, expected, following, made
from planted import measured
from safetensors.numpy import save_file

from mechgrok.data.corruptions.corruption import Corruption
from mechgrok.data.corruptions.fixed_rule import FixedRule
from mechgrok.data.corruptions.increment import Increment
from mechgrok.data.corruptions.uniform import Uniform
from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import NotApplicable, Result
from mechgrok.measures.anomalies.corrupted_loss import CorruptedLoss
from mechgrok.runs.run import open_run


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


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("steps", ["all", "last"])
@pytest.mark.parametrize("rule", [FixedRule(divisor=2), Uniform(fraction=0.5), Increment(fraction=1.0)], ids=lambda rule: rule.kind)
def test_a_run_is_measured_drawn_and_told(rule: Corruption, steps: str, tmp_path: Path) -> None:
    found = analyze(open_run(made(tmp_path / "run", rule)), ["corrupted-loss"], steps=steps)["corrupted-loss"]
    assert isinstance(found, Result)
    assert set(found.table.columns) == {*CorruptedLoss.columns, "step"}
    figure = found.figure()
    assert sum(note.text.startswith("<b>") for note in figure.layout.annotations) == 4, "a letter and a title for each panel"
    assert {trace.name for trace in figure.data} >= ({"train, clean", "rule: its label on test rows"} if steps == "all" else set())
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
