"""Panels of one checkpoint at all checkpoints."""

from __future__ import annotations

import pandas as pd
import pytest

from mechgrok.engine import registry
from mechgrok.engine.outcomes import Result
from mechgrok.report.figures.frames import MOST, completed, frames


def result(steps: list[int]) -> Result:
    rows = [(step, k, (step + k) / 7, k == 2, 0.0) for step in steps for k in (1, 2)]
    return Result(registry.parse("logit-cosines"), pd.DataFrame(rows, columns=["step", "frequency", "similarity", "key", "share"]))


def test_each_step_has_its_values_and_what_never_changes_stands_at_the_last() -> None:
    assert frames(result([0, 5, 20])) == {
        "steps": [0, 5, 20],
        "traces": [[{"y": [0.1429, 0.2857]}], [{"y": [0.8571, 1.0]}], [{"x": [1, 2], "y": [3.0, 3.143]}]],
    }


@pytest.mark.parametrize("steps", [list(range(0, 1000, 10)), list(range(51))])
def test_many_steps_are_thinned_with_the_first_and_the_last(steps: list[int]) -> None:
    found = frames(result(steps))["steps"]
    assert len(found) == MOST
    assert [found[0], found[-1]] == [steps[0], steps[-1]]


def test_one_step_needs_no_slider() -> None:
    assert frames(result([20])) == {}


def test_a_measure_without_such_a_panel_has_no_frames() -> None:
    table = pd.DataFrame({"step": [0, 20], "matrix": ["W_E", "W_E"], "gini": [0.1, 0.2]})
    assert frames(Result(registry.parse("gini"), table)) == {}


def test_what_is_not_finite_is_a_gap() -> None:
    made = result([0, 5])
    table = made.table.assign(similarity=[float("nan"), 1.0, float("inf"), 2.0])
    assert [frame[0]["y"] for frame in frames(Result(made.measure, table))["traces"]] == [[None, 1.0], [None, 2.0]]


def test_what_stands_at_the_last_step_alone_is_completed() -> None:
    found = completed(frames(result([0, 5, 20])))
    assert [frame[0]["x"] for frame in found] == [[1, 2]] * 3
    assert [frame[0]["y"][0] for frame in found] == [0.1429, 0.8571, 3.0]
