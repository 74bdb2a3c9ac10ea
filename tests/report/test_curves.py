"""The recorded curves of a run, and the times of grok-times without computing it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_runs import make_run

from mechgrok.engine.analyze import analyze
from mechgrok.report.curves import Reached, curves, times
from mechgrok.runs.run import open_run

HEAD = "step,split,loss,accuracy\n"


def recorded(folder: Path, train: list[float], test: list[float]) -> Path:
    """A run with an evaluation every 10 steps."""
    make_run(folder)
    pairs = zip(train, test, strict=True)
    lines = [
        f"{10 * i},{split},0.5,{value}\n" for i, pair in enumerate(pairs) for split, value in zip(("train", "test"), pair, strict=True)
    ]
    (folder / "metrics.csv").write_text(HEAD + "".join(lines))
    return folder


CURVES = {
    "grokked": ([0.1, 1, 1, 1, 1, 1, 1], [0, 0, 0.99, 0.2, 1, 0.995, 0.99]),
    "memorised": ([0.1, 1, 1, 1, 1, 1, 1], [0, 0, 0, 0.2, 0.98, 0.98, 1]),
    "neither": ([0.1, 0.2, 0.2, 0.5, 0.98, 0.98, 0.98], [0] * 7),
}


@pytest.mark.parametrize("kind", CURVES)
def test_times_are_those_of_the_measure(kind: str, tmp_path: Path) -> None:
    folder = recorded(tmp_path / "run", *CURVES[kind])
    found = times(folder, curves(folder))
    headline = analyze(open_run(folder), ["grok-times"], nulls=0)["grok-times"].headline
    assert (found["train"].step, found["test"].step) == (headline["memorised"], headline["generalised"])
    assert {each.until for each in found.values()} == {60}


def test_a_run_that_did_not_grok_is_not_given_its_last_step() -> None:
    assert Reached(None, 60).step is None
    assert Reached(None, 60).at == 60


def test_without_recorded_curves_the_stored_result_counts(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", steps=(0, 10, 20, 30))
    assert times(folder, curves(folder)) == {}
    analyze(open_run(folder), ["grok-times"], nulls=0)
    assert times(folder, curves(folder)) == {"train": Reached(None, 30), "test": Reached(None, 30)}


def test_half_a_line_at_the_end_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text(HEAD + "0,train,2.5,0.1\n0,test,2.5,0.1\n20,tra")
    assert curves(tmp_path)["train"].step.tolist() == [0]


def test_a_log_without_accuracies_has_losses_alone(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text("step,split,loss\n0,test,2.5\n")
    found = curves(tmp_path)
    assert found["test"].loss.tolist() == [2.5]
    assert np.isnan(found["test"].accuracy).all()
    assert times(tmp_path, found) == {}


def test_a_run_that_has_not_begun_has_no_curves(tmp_path: Path) -> None:
    assert curves(tmp_path) == {}
    (tmp_path / "metrics.csv").write_text(HEAD)
    assert curves(tmp_path) == {}
