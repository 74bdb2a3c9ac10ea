"""First and sustained crossings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechgrok.maths.curves.crossings import first_crossing

STEPS = [0, 10, 20, 30, 40, 50, 60]
VALUES = [0.1, 0.99, 0.2, 0.99, 0.995, 1.0, 0.3]


@pytest.mark.parametrize(("sustained", "step"), [(1, 10), (2, 30), (3, 30), (4, None), (8, None)])
def test_the_first_of_so_many_in_a_row(sustained: int, step: int | None) -> None:
    assert first_crossing(STEPS, VALUES, 0.99, sustained=sustained) == step


def test_falling() -> None:
    assert first_crossing(STEPS, [5, 4, 0.05, 3, 0.01, 0.02, 0.03], 0.05, rising=False) == 20
    assert first_crossing(STEPS, [5, 4, 0.05, 3, 0.01, 0.02, 0.03], 0.05, rising=False, sustained=3) == 40


def test_nothing_and_nan() -> None:
    assert first_crossing([], [], 0.5) is None
    assert first_crossing([0, 1, 2], [np.nan, np.nan, 1.0], 0.5) == 2
    assert first_crossing([0, 1, 2], [np.nan, np.nan, np.nan], 0.5, rising=False) is None


@pytest.mark.parametrize(("steps", "values", "sustained"), [([0, 1], [0.0], 1), ([0], [[0.0]], 1), ([0, 1], [1.0, 1.0], 0)])
def test_what_is_no_series_is_refused(steps: list[int], values: list[float], sustained: int) -> None:
    with pytest.raises(ValueError, match="series"):
        first_crossing(steps, values, 0.5, sustained=sustained)


@given(st.lists(st.floats(0, 1), max_size=30), st.floats(0, 1), st.integers(1, 4))
def test_by_the_definition(values: list[float], threshold: float, sustained: int) -> None:
    windows = [(i, values[i : i + sustained]) for i in range(len(values) - sustained + 1)]
    expected = next((i for i, window in windows if min(window) >= threshold), None)
    assert first_crossing(range(len(values)), values, threshold, sustained=sustained) == expected
    mirrored = first_crossing(range(len(values)), [-value for value in values], -threshold, rising=False, sustained=sustained)
    assert mirrored == expected
