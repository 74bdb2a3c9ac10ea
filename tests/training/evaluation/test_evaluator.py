"""Evaluation in pieces and on a sample of rows, against means that are computed here from the logits of single rows."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from plain_training import loss, split, table
from trained_runs import Interrupting, begin, config, contents, resume, torch_settings_kept, train

from mechgrok.config import Config
from mechgrok.training import row_table
from mechgrok.training.evaluation import evaluator
from mechgrok.training.execution import Execution
from mechgrok.training.trainer import Trainer


@pytest.fixture(autouse=True)
def _settings() -> Iterator[None]:
    with torch_settings_kept():
        torch.set_num_threads(1)
        yield


def trainer(wanted: Config) -> Trainer:
    mask = wanted.split.train_rows(wanted.task)
    labels = wanted.corruption.labels(wanted.task, mask)
    return Trainer(wanted, mask, Execution("cpu", 1, "fast"), labels)


KINDS = {
    "addition": {},
    "trained on squares": {"training__loss": "mse"},
    "mixture": {"task": {"kind": "mixture", "p": 7, "operations": ["add", "multiply"]}},
    "corrupted labels": {"corruption": {"kind": "uniform", "fraction": 0.2}},
}


@pytest.mark.parametrize("changed", KINDS.values(), ids=list(KINDS))
def test_pieces_give_what_one_piece_gives(changed: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = config(**changed)
    whole = trainer(wanted).evaluate()
    monkeypatch.setattr(evaluator, "MOST_LOGITS", 5 * wanted.task.classes)
    pieces = trainer(wanted).evaluate()
    assert [(each.split, each.rows, each.accuracy) for each in pieces] == [(each.split, each.rows, each.accuracy) for each in whole]
    for one, other in zip(pieces, whole, strict=True):
        assert one.loss == pytest.approx(other.loss, rel=1e-6)
        assert one.objective == pytest.approx(other.objective, rel=1e-6)


@pytest.mark.parametrize("changed", [{}, {"task__layout": "a b", "model__d_model": 8}], ids=["a b =", "a b"])
def test_computed_rows_train_the_same_weights(changed: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = config(training__batch=6, **changed)
    kept = trainer(wanted)
    monkeypatch.setattr(row_table, "MOST_KEPT", 0)
    computed = trainer(wanted)
    assert computed._table._inputs is None
    for step in range(12):
        assert kept.update(step) == computed.update(step)
    assert kept.evaluate() == computed.evaluate()


def test_a_sample_has_the_mean_of_its_rows_and_the_error_of_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = config(training__evaluate_rows=10)
    of_sample = {each.split: each for each in trainer(wanted).evaluate()}
    assert [each.rows for each in of_sample.values()] == [10, 10]
    model, of_all = wanted.model.build(wanted.task), split()
    drawn = np.random.default_rng([0, 3, 1]).choice(sorted(of_all["test"]), 10, replace=False)
    each = np.array([loss(model, [row]).item() for row in drawn])
    assert of_sample["test"].loss == pytest.approx(each.mean(), rel=1e-6)
    assert of_sample["test"].loss_error == pytest.approx(each.std(ddof=1) * np.sqrt((1 / 10) * (1 - 10 / len(of_all["test"]))), rel=1e-5)
    tokens, labels = table(drawn)
    right = (model(tokens)[:, -1].argmax(1) == labels).double().numpy()
    assert of_sample["test"].accuracy == right.mean()


@pytest.mark.long
def test_the_standard_error_is_the_spread_of_samples() -> None:
    """Over 300 seeds, means of 8 of the 24 train rows spread by the error that one sample states, in root mean square."""
    samples = [trainer(config(training__evaluate_rows=8, training__seed=seed)).evaluate()[0] for seed in range(300)]
    spread = np.std([each.loss for each in samples], ddof=1)
    assert spread == pytest.approx(np.sqrt(np.mean([each.loss_error**2 for each in samples])), rel=0.15)


def test_a_sample_as_large_as_the_split_is_the_split() -> None:
    sampled = trainer(config(training__evaluate_rows=1000)).evaluate()
    assert sampled == trainer(config()).evaluate()
    assert {each.loss_error for each in sampled} == {0.0}


def test_metrics_of_a_sample_have_its_errors_and_resume(tmp_path: Path) -> None:
    wanted = config(training__evaluate_rows=10, training__batch=6)
    whole = train(wanted, tmp_path / "whole")
    rows = list(csv.DictReader((whole.path / "metrics.csv").open()))
    assert list(rows[0]) == ["step", "split", "loss", "accuracy", "rows", "loss_error", "accuracy_error"]
    assert {row["rows"] for row in rows} == {"10"}
    assert all(float(row["loss_error"]) > 0 for row in rows)
    interrupted = begin(wanted, tmp_path / "interrupted")
    resume(interrupted, Interrupting(9))
    resume(interrupted)
    assert contents(interrupted.path) == contents(whole.path)
