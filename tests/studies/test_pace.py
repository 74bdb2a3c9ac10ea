"""Who groks sooner, where some runs did not get there."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from mechgrok.runs.run import Run
from mechgrok.studies.pace import Time, ratio


def time(step: int | None, until: int = 3000) -> Time:
    return Time(step, until, 1.0)


@pytest.mark.parametrize(
    ("own", "other", "known"),
    [
        (time(600), time(1200), (0.5, 0.5)),
        (time(600), time(None), (0.0, 0.2)),  # the other takes more than 3000
        (time(None), time(1500), (2.0, math.inf)),  # this one takes more than 3000
        (time(None), time(None), (0.0, math.inf)),
        (time(None, 1000), time(2000), (0.5, math.inf)),  # given up too soon to tell
        (time(0), time(300), (1 / 300, 1 / 300)),
    ],
)
def test_a_ratio_is_what_both_times_leave_possible(own: Time, other: Time, known: tuple[float, float]) -> None:
    assert ratio(own, other) == pytest.approx(known)


def recorded(tmp_path, accuracy: list[float]) -> Run:
    rows = [(20 * i, split, 0.0, value if split == "test" else 1.0) for i, value in enumerate(accuracy) for split in ("train", "test")]
    pd.DataFrame(rows, columns=["step", "split", "loss", "accuracy"]).to_csv(tmp_path / "metrics.csv", index=False)
    return Run(tmp_path)


def test_it_counts_from_the_first_of_three_in_a_row(tmp_path) -> None:
    """A peak of two does not count; train rows do not either."""
    assert Time.of(recorded(tmp_path, [0.1, 0.99, 0.995, 0.98, 0.99, 1.0, 1.0])) == Time(80, 120, 1.0)


def test_a_run_that_never_gets_there_says_until_when_and_how_far(tmp_path) -> None:
    assert Time.of(recorded(tmp_path, [0.1, 0.5, 0.99, 0.4, 0.99])) == Time(None, 80, 0.99)
