"""A run of a mixture seen task by task: its rows, its split, its curves, the same network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from made_runs import make_run, write_weights

from mechgrok.engine.analyze import analyze
from mechgrok.errors import UserError
from mechgrok.report.facts import trained
from mechgrok.runs.by_task import by_task
from mechgrok.runs.run import open_run
from mechgrok.tasks.mixture import Mixture

P = 5
TASK = Mixture(p=P, operations=("add", "a**2 / b", "multiply"))
SIZES = {"add": 25, "a**2 / b": 20, "multiply": 25}
LABELS = {
    "add": [(a + b) % P for a in range(P) for b in range(P)],
    "a**2 / b": [a * a * pow(b, -1, P) % P for a in range(P) for b in range(1, P)],
    "multiply": [a * b % P for a in range(P) for b in range(P)],
}


@pytest.fixture
def whole(tmp_path: Path):
    run = open_run(make_run(tmp_path / "run", task=TASK))
    rows = [(step, split, step + place) for step in (0, 10) for place, split in enumerate(("train", "test", *splits()))]
    pd.DataFrame([(*row, 0.5) for row in rows], columns=["step", "split", "loss", "accuracy"]).to_csv(run.path / "metrics.csv", index=False)
    return run


def splits() -> list[str]:
    return [f"{split}-{task}" for split in ("train", "test") for task in TASK.operations]


def test_each_task_has_its_rows_and_their_sides_of_the_split(whole) -> None:
    found, start = by_task(whole), 0
    assert list(found) == list(SIZES)
    for name, size in SIZES.items():
        assert found[name].task.labels().tolist() == LABELS[name]
        assert np.array_equal(found[name].task.inputs(), whole.task.inputs()[start : start + size])
        assert np.array_equal(found[name].is_train, whole.is_train[start : start + size])
        start += size


def test_its_report_says_which_task_of_which_mixture_it_is(whole) -> None:
    assert trained(by_task(whole)["multiply"]).startswith("mixture add, a**2 / b, multiply (of these the rows of multiply) modulo 5")
    assert "rows of" not in trained(whole)


def test_its_curves_are_those_that_were_recorded_of_it(whole) -> None:
    metrics = by_task(whole)["multiply"].metrics
    assert metrics[["step", "split", "loss"]].values.tolist() == [[0, "train", 4], [0, "test", 7], [10, "train", 14], [10, "test", 17]]


def test_the_network_is_that_of_the_mixture(whole) -> None:
    """Losses over the test rows of products, by the library's own network and one softmax at a time."""
    run, model = by_task(whole)["multiply"], whole.model(20)
    test = [row for row in range(25) if not whole.is_train[45 + row]]
    logits = [model(torch.from_numpy(whole.task.inputs()[45 + row : 46 + row]))[0, -1, :P].detach().double() for row in test]
    expected = np.mean([float(each.logsumexp(0) - each[LABELS["multiply"][row]]) for each, row in zip(logits, test, strict=True)])
    assert analyze(run, ["loss"], nulls=0)["loss"].headline["test"] == pytest.approx(expected, rel=1e-5)  # type: ignore[union-attr]


def test_a_later_checkpoint_and_later_curves_are_seen_the_next_time(whole) -> None:
    assert by_task(whole)["add"].steps == [0, 10, 20]
    write_weights(whole.path, 30, TASK.vocabulary - 1)
    (whole.path / "metrics.csv").write_text("step,split,loss,accuracy\n30,test-add,0.5,1\n")
    again = by_task(open_run(whole.path))["add"]
    assert again.steps == [0, 10, 20, 30]
    assert again.metrics["step"].tolist() == [30]


def test_a_run_of_one_task_has_none_to_tell_apart(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="one task alone"):
        by_task(open_run(make_run(tmp_path / "run")))
