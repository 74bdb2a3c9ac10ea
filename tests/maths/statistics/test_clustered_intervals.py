"""Intervals of shares of clustered rows, and of their differences: bounds, known cases, and how often they hold the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mechgrok.maths.statistics.clusters import WIDTH, clustered_error, difference_interval, share_interval

ENDS = np.array([0.0, 0.001, 0.2, 0.5, 0.98, 1.0])


def test_the_width_is_that_of_a_95_percent_interval() -> None:
    assert math.erf(WIDTH / math.sqrt(2)) == pytest.approx(0.95, abs=1e-12)


def test_single_rows_have_the_interval_of_statistics_packages() -> None:
    """15 of 50 rows: .1910 to .4375 (Newcombe 1998, "Two-sided confidence intervals", by the score method)."""
    from scipy.stats import binomtest

    for right, rows in ((15, 50), (1, 29), (40, 41)):
        q = right / rows
        expected = binomtest(right, rows).proportion_ci(method="wilson")
        assert share_interval(q, math.sqrt(q * (1 - q) / rows), rows) == pytest.approx((expected.low, expected.high), rel=1e-9)


def test_a_share_of_all_or_none_counts_clusters_as_rows() -> None:
    from scipy.stats import binomtest

    expected = binomtest(12, 12).proportion_ci(method="wilson")
    assert share_interval(1.0, 0.0, 12) == pytest.approx((expected.low, expected.high), rel=1e-9)
    low, high = share_interval(0.0, 0.0, 12)
    assert (float(low), float(high)) == pytest.approx((1 - expected.high, 1 - expected.low), abs=1e-12)


def test_a_published_difference() -> None:
    """Newcombe 1998, "Interval estimation for the difference", table II: 56/70 - 48/80 = .2, .0524 to .3339 by method 10."""
    one, other = ((q, share_interval(q, math.sqrt(q * (1 - q) / n), n)) for q, n in ((56 / 70, 70), (48 / 80, 80)))
    assert difference_interval(*one, *other) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@pytest.mark.parametrize("error", [0.0, 0.01, 0.3])
def test_intervals_hold_their_share_and_stay_within_their_bounds(error: float) -> None:
    low, high = share_interval(ENDS, np.where(ENDS * (1 - ENDS) > 0, error, 0.0), 12)
    assert ((low >= -1e-12) & (low <= ENDS + 1e-12) & (high >= ENDS - 1e-12) & (high <= 1 + 1e-12)).all()
    q, q_other = np.meshgrid(ENDS, ENDS)
    of_q, of_other = (np.meshgrid(end, end) for end in (low, high))
    low, high = difference_interval(q, (of_q[0], of_other[0]), q_other, (of_q[1], of_other[1]))
    assert ((low >= -1 - 1e-12) & (low <= q - q_other + 1e-12) & (high >= q - q_other - 1e-12) & (high <= 1 + 1e-12)).all()


def test_without_an_error_there_is_no_interval() -> None:
    assert np.isnan(share_interval([0.5, 1.0, 0.0], np.full(3, np.nan), 1)).all()


COVERED = [((0.3, 0.15), 40), ((0.98, 0.02), 12), ((0.98, 0.02), 40), ((0.95, 0.9), 27), ((1, 0.3), 12)]


@pytest.mark.parametrize(("shares", "clusters"), COVERED)
def test_coverage_where_rows_of_a_cluster_are_correlated(shares: tuple[float, float], clusters: int) -> None:
    """Three rows in each cluster, whose shares are beta distributed with a correlation of .3 within a cluster.

    Over 600 pairs of samples 95 % has a standard error of .9 %. The interval mean -+ 1.96 error covers 66 % at .98 - .02 with 12 clusters,
    and leaves [-1, 1] in 64 % of the samples.
    """
    draw, draws, hits = np.random.default_rng(0), 600, 0
    for _ in range(draws):
        found = []
        for q in shares:
            rate = draw.beta(q * 7 / 3, (1 - q) * 7 / 3, clusters) if q < 1 else np.ones(clusters)
            rows = (draw.random((clusters, 3)) < rate[:, None]).astype(float).ravel()
            mean = rows.mean()
            found += [mean, share_interval(mean, clustered_error(rows, np.arange(clusters).repeat(3)), clusters)]
        low, high = difference_interval(*found)
        hits += low <= shares[0] - shares[1] <= high
    assert hits / draws >= 0.92
