"""Intervals of medians: exact coverage, by counting, and scipy's."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from scipy import stats

from mechgrok.maths.statistics.order_statistics import lowest_rank, median_of, medians


@pytest.mark.parametrize("count", [6, 7, 10, 17, 30])
def test_it_covers_in_95_percent_of_all_samples_and_the_next_one_does_not(count: int) -> None:
    """A sample misses the median on one side where fewer than l of its numbers lie below it: of 2^n sides, sum_(i < l) C(n, i)."""
    rank = lowest_rank(count)
    missed = [2 * sum(comb(count, below) for below in range(most)) / 2**count for most in (rank, rank + 1)]
    assert missed[0] <= 0.05 < missed[1]


@pytest.mark.parametrize("count", [6, 10, 30])
def test_it_is_scipys_interval(count: int) -> None:
    values = np.random.default_rng(count).standard_normal(count)
    expected = stats.quantile_test(values, q=0, p=0.5).confidence_interval(0.95)
    found = median_of(values)
    assert (found.low, found.high) == (expected.low, expected.high)
    assert found.value == np.median(values)


def test_curves_are_taken_place_by_place() -> None:
    curves = np.random.default_rng(0).standard_normal((7, 3))
    for place, (middle, low, high) in enumerate(medians(curves).T):
        expected = median_of(curves[:, place])
        assert (middle, low, high) == (expected.value, expected.low, expected.high)


def test_few_and_missing_numbers_have_no_interval() -> None:
    assert not median_of([1, 2, 3, 4, 5, float("nan")]).has_interval
    assert median_of([2.0, float("nan")]).value == 2
    assert np.isnan(median_of([]).value)
