"""Kaplan-Meier medians, log-rank tests and ratios of medians: published data, examples by hand, closed forms and lifelines."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats

from mechgrok.maths.statistics.censored import Estimate, Times, log_rank, median, ratio_of_medians

MERCAPTOPURINE = Times.of(
    [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35],
    [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0],
)
PLACEBO = Times.of([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], [1] * 21)
"""Weeks of remission of two groups of patients (Freireich et al. 1963), the example of most textbooks."""


def test_it_is_the_textbooks_example() -> None:
    """Medians 23 and 8 weeks, log-log intervals 13 to infinity and 4 to 11; chi^2 = 16.793 with 1 degree of freedom."""
    assert median(MERCAPTOPURINE) == Estimate(23, 13, np.inf)
    assert median(PLACEBO) == Estimate(8, 4, 11)
    assert log_rank(MERCAPTOPURINE, PLACEBO) == pytest.approx(stats.chi2.sf(16.793, 1), rel=1e-3)


def test_by_hand() -> None:
    """S = 5/6 from 300 on, 5/6 3/4 = 5/8 from 500 on, 5/8 2/3 = 5/12 from 700 on. The run that ended at 400 counts until then alone."""
    ended = Times.of([300, 400, 500, 700, 900, 900], [1, 0, 1, 1, 0, 0])
    assert ended.mixed
    assert median(ended).value == 700
    assert not median(ended).has_interval
    assert median(Times.of(ended.at, [1] * 6)).value == 500


@pytest.mark.parametrize("count", range(1, 42))
def test_without_censoring_it_is_the_lower_median(count: int) -> None:
    """Also where the product of the shares is 1/2 plus a rounding error."""
    times = np.random.default_rng(count).permutation(count) + 5
    assert median(Times.of(times, [1] * count)).value == 5 + (count - 1) // 2


def log_log(times: Times) -> tuple[float, float]:
    """The ends by the formula: S exp(+-1.96 s / ln S) with Greenwood's s^2 = sum d / (n (n - d)), at 1/2."""
    order = np.argsort(times.at)
    survival, greenwood, ends = 1.0, 0.0, [np.inf, np.inf]
    for left, index in zip(range(len(order), 0, -1), order, strict=True):
        if not times.reached[index]:
            continue
        survival *= (left - 1) / left
        greenwood += 1 / (left * (left - 1)) if left > 1 else np.inf
        for end, sign in enumerate((1, -1)):
            bound = survival ** np.exp(sign * -1.959964 * np.sqrt(greenwood) / np.log(survival)) if left > 1 else 0.0
            if bound <= 0.5:
                ends[end] = min(ends[end], times.at[index])
    return min(ends), max(ends)


@pytest.mark.parametrize("count", [6, 10, 30])
def test_the_interval_is_that_of_the_formula(count: int) -> None:
    for seed in range(4):
        draw = np.random.default_rng(seed)
        at = draw.permutation(count) + 1.0
        last = draw.integers(count // 2, count + 1)
        times = Times(np.minimum(at, last), at <= last)
        found = median(times)
        assert (found.low, found.high) == log_log(times)


@pytest.mark.long
def test_median_interval_and_p_value_agree_with_lifelines() -> None:
    from lifelines import KaplanMeierFitter
    from lifelines.statistics import logrank_test
    from lifelines.utils import median_survival_times

    for seed in range(40):
        draw = np.random.default_rng(seed)
        groups = [Times(np.ceil(20 * draw.exponential(size=12)), draw.random(12) < 0.7) for _ in range(2)]
        for group in groups:
            fitted = KaplanMeierFitter().fit(group.at, group.reached)
            [ends] = median_survival_times(fitted.confidence_interval_).to_numpy()
            found = median(group)
            assert found.value == median_survival_times(fitted.survival_function_.round(12))
            assert [found.low, found.high] == ends.tolist()
        one, two = groups
        assert log_rank(one, two) == pytest.approx(logrank_test(one.at, two.at, one.reached, two.reached).p_value, rel=1e-6)


def test_the_log_rank_test_by_its_formula() -> None:
    """Observed less expected events of the first group, squared, over the hypergeometric variance; the groups end at different steps."""
    one = Times.of([100, 200, 300, 400, 500, 500], [1, 1, 1, 1, 0, 0])
    two = Times.of([250, 450, 600, 700, 800, 900], [1, 1, 1, 1, 1, 0])
    difference, variance = 0.0, 0.0
    for time in sorted({*one.at[one.reached], *two.at[two.reached]}):
        first, second = (one.at >= time).sum(), (two.at >= time).sum()
        whole = first + second
        difference += ((one.at == time) & one.reached).sum() - first / whole
        variance += first * second / whole**2
    assert log_rank(one, two) == pytest.approx(stats.chi2.sf(difference**2 / variance, 1), rel=1e-9)


def test_fewer_than_six_have_neither_interval_nor_test() -> None:
    few = Times.of([1, 2, 3, 4, 5], [1] * 5)
    assert not median(few).has_interval
    assert np.isnan(log_rank(few, Times.of(range(6), [1] * 6)))
    assert median(Times.of(range(6), [1] * 6)).has_interval


@pytest.mark.parametrize(("reached", "value"), [([1, 1, 0], 2), ([1, 0, 0], np.inf), ([0, 0, 0], np.inf)])
def test_a_median_beyond_all_events_is_not_the_last_step(reached: list[int], value: float) -> None:
    assert median(Times.of([1, 2, 3], reached)).value == value


def test_nothing_is_estimated_from_nothing() -> None:
    assert np.isnan(median(Times.of([], [])).value)
    never = Times.of([9] * 6, [0] * 6)
    assert np.isnan(log_rank(never, never))
    assert np.isnan(ratio_of_medians(never, never).value)


def lower_median(values: tuple[float, ...]) -> float:
    return sorted(values)[(len(values) - 1) // 2]


def test_the_ratio_is_that_of_all_resamples() -> None:
    """The distribution over all 6^6 resamples of each group, of which the bootstrap draws some."""
    one, two = [70.0, 85.0, 100.0, 120.0, 150.0, 190.0], [30.0, 40.0, 45.0, 50.0, 65.0, 80.0]
    medians = [np.unique([lower_median(each) for each in product(group, repeat=6)], return_counts=True) for group in (one, two)]
    ratios = np.divide.outer(medians[0][0], medians[1][0]).ravel()
    order = np.argsort(ratios)
    share = np.cumsum(np.multiply.outer(medians[0][1], medians[1][1]).ravel()[order]) / 6**12
    found = ratio_of_medians(Times.of(one, [1] * 6), Times.of(two, [1] * 6))
    assert found.value == 100 / 45
    for end, level in ((found.low, 0.025), (found.high, 0.975)):
        low, high = (ratios[order][np.searchsorted(share, level + error)] for error in (-0.01, 0.01))
        assert low <= end <= high


def test_a_median_that_is_not_reached_bounds_the_ratio_from_below() -> None:
    some, never = Times.of(range(10, 20), [1] * 10), Times.of([40] * 10, [0] * 10)
    assert ratio_of_medians(never, some) == Estimate(np.inf, np.inf, np.inf)
    assert ratio_of_medians(some, never) == Estimate(0, 0, 0)


def test_a_ratio_has_no_interval_where_a_run_was_stopped_before_another_event() -> None:
    some, stopped = Times.of(range(10, 16), [1] * 6), Times.of([10, 11, 12, 13, 14, 14], [1, 0, 1, 1, 0, 0])
    assert ratio_of_medians(some, Times.of([10, 11, 12, 13, 14, 14], [1, 1, 1, 1, 0, 0])).has_interval
    assert not ratio_of_medians(stopped, some).has_interval
    assert not ratio_of_medians(some, Times.of(range(5), [1] * 5)).has_interval
