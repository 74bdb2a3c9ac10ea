"""The paired t-test, by Student's own example."""

from __future__ import annotations

import pytest

from mechgrok.maths.statistics.differences import t_test

SLEEP = (
    (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0),
    (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4),
)
"""Hours of sleep gained with two drugs by ten patients (Student 1908, The probable error of a mean)."""


def test_it_is_students_test() -> None:
    """t = 4.0621 with 9 degrees of freedom: mean 1.58, p .002833, interval .7001 to 2.4599, as any table of the example has it."""
    found = t_test([other - one for one, other in zip(*SLEEP, strict=True)])
    assert found.mean == pytest.approx(1.58)
    assert found.p == pytest.approx(0.002833, abs=5e-7)
    assert [found.low, found.high] == pytest.approx([0.7001142, 2.4598858], abs=5e-7)


def test_equal_differences_leave_no_doubt() -> None:
    assert t_test([0.0, 0.0, 0.0]).p == 1
    assert t_test([0.25, 0.25, 0.25]).p == 0
