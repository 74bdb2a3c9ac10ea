"""A check holds where it must, and not beside it."""

from __future__ import annotations

import math

import pytest

from mechgrok.verification.check import EXACT, NATS, SHARE, Check, check_values


@pytest.mark.parametrize(
    ("expected", "got", "tolerance", "holds"),
    [
        (405, 405, EXACT, True),
        (405, 406, EXACT, False),
        ([3, 6], [3, 6], EXACT, True),
        ([3, 6], [3], EXACT, False),
        (1.0, 1.0 - 1e-12, EXACT, False),
        (0.5, 0.5 + 9e-7, SHARE, True),
        (0.5, 0.5 + 2e-6, SHARE, False),
        (1e-7, 1.00009e-7, NATS, True),
        (1e-7, 1.0002e-7, NATS, False),
        (2.0, None, NATS, False),
        (2.0, math.nan, NATS, False),
        (True, 1, EXACT, True),
    ],
)
def test_holds(expected: object, got: object, tolerance: object, holds: bool) -> None:
    assert Check("it", expected, got, tolerance).holds is holds


def test_a_mapping_is_a_check_for_each_of_its_keys() -> None:
    found = list(check_values("loss", {"3": 1.0, "6": 2.0}, {"3": 1.0}, NATS))
    assert [(each.quantity, each.holds) for each in found] == [("loss 3", True), ("loss 6", False)]
    assert not any(each.holds for each in check_values("loss", {"3": 1.0}, None, NATS))


def test_a_difference_is_one_of_numbers() -> None:
    assert Check("it", 2.0, 2.5).difference == 0.5
    assert Check("it", {1}, {2}).difference is None
    assert Check("it", True, False).difference is None
