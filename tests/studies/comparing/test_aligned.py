"""Curves over common steps."""

from __future__ import annotations

import numpy as np
import pytest

from mechgrok.studies.comparing.aligned import FEWEST, aligned

NAN = np.nan


def curve(steps: list[int], values: list[float]) -> tuple[np.ndarray, np.ndarray]:
    return np.array(steps), np.array(values, dtype=float)


def test_a_run_that_stopped_ends_and_keeps_its_value_in_the_median() -> None:
    found = aligned([curve([0, 10, 20], [0, 4, 6]), curve([0, 10], [2, 8]), curve([0, 5, 20], [1, 3, 5])], 3)
    assert found.x.tolist() == [0, 5, 10, 20]
    assert found.runs.tolist() == pytest.approx(np.array([[0, 0, 4, 6], [2, 2, 8, NAN], [1, 3, 3, 5]]), nan_ok=True)
    assert found.middle.tolist() == [1, 2, 4, 6]
    assert np.isnan(found.low).all()


def test_before_the_first_reading_of_any_run_there_is_no_median() -> None:
    found = aligned([curve([0, 10], [0, 4]), curve([10], [8])], 2)
    assert found.middle.tolist() == pytest.approx([NAN, 6], nan_ok=True)


def test_six_runs_have_a_band_from_the_smallest_to_the_largest() -> None:
    found = aligned([curve([0], [value]) for value in (3, 1, 6, 2, 5, 4)], 6)
    assert (found.low.tolist(), found.middle.tolist(), found.high.tolist()) == ([1], [3.5], [6])


def test_many_runs_are_thinned_and_keep_their_ends() -> None:
    steps = list(range(0, 100_000, 10))
    found = aligned([curve(steps, steps)], 10_000)
    assert len(found.x) <= FEWEST
    assert (found.x[0], found.x[-1]) == (0, 99_990)
    assert found.runs[0].tolist() == found.x.tolist()
