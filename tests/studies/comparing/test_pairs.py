"""Pairs of groups, and the correction for their number."""

from __future__ import annotations

import math

import pytest

from mechgrok.maths.statistics.censored import Times, log_rank
from mechgrok.studies.comparing.pairs import MOST, pairs


def times(start: int, count: int = 6) -> Times:
    return Times.of(range(start, start + count), [1] * count)


def test_every_pair_is_tested_and_corrected() -> None:
    groups = {"a": times(10), "b": times(12), "c": times(30)}
    found = {(pair.one, pair.other): pair for pair in pairs(groups)}
    assert list(found) == [("a", "b"), ("a", "c"), ("b", "c")]
    plain = log_rank(groups["a"], groups["b"])
    assert found["a", "b"].p == plain
    assert found["a", "b"].corrected == pytest.approx(plain)
    assert found["b", "c"].corrected == pytest.approx(max(3 * found["a", "c"].p, 2 * found["b", "c"].p))
    assert found["a", "c"].ratio.value == 12 / 32


def test_many_groups_are_compared_with_the_first() -> None:
    found = pairs({str(number): times(10 + number) for number in range(MOST + 1)})
    assert [(pair.one, pair.other) for pair in found] == [("0", str(number)) for number in range(1, MOST + 1)]


def test_small_groups_are_not_tested() -> None:
    [pair] = pairs({"a": times(10, 5), "b": times(20), "nothing": times(0, 0)})
    assert math.isnan(pair.p)
    assert math.isnan(pair.corrected)
