"""Fewer readings."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mechgrok.maths.curves.thinning import thinned


def test_short_curves_stay() -> None:
    assert thinned([3.0, 1.0, 2.0]).tolist() == [0, 1, 2]
    assert len(thinned(np.zeros(42), 10)) == 42
    assert thinned([]).tolist() == []


def test_spikes_ends_and_beginning_stay() -> None:
    values = np.random.default_rng(0).random(50_000)
    values[[20_111, 33_333]] = [9.0, -9.0]
    kept = thinned(values, 300)
    assert len(kept) <= 4 * 300 + 2
    assert {0, 20_111, 33_333, 49_999} <= set(kept.tolist())
    assert set(range(10)) <= set(kept.tolist()), "on a logarithmic axis the first steps are most of it"
    assert np.diff(kept).min() > 0
    assert np.diff(kept).max() <= 2 * 50_000 / 300


def test_the_longest_curve_that_stays_and_the_shortest_that_does_not() -> None:
    values = np.random.default_rng(0).random(2003)
    assert len(thinned(values[:2002])) == 2002
    assert len(thinned(values)) <= 2002
    assert len(thinned(values[:43], 10)) <= 42


def test_a_monotonous_curve_keeps_its_ends() -> None:
    assert thinned(np.arange(5000), 10)[[0, -1]].tolist() == [0, 4999]
    assert thinned(np.r_[5.0, 1.0, 9.0, np.full(4997, 5.0)], 10)[0] == 0


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("n", "limit"), [(1000, 10), (300, 7)])
def test_every_stretch_keeps_its_lowest_and_its_highest_reading(n: int, limit: int, seed: int) -> None:
    """Of the `limit` equally long stretches, and of those between `limit` points that grow from 1 to n by one factor."""
    values = np.random.default_rng(seed).random(n)
    kept = set(thinned(values, limit).tolist())
    equal = [i * n // limit for i in range(limit + 1)]
    growing = [int(n ** (i / (limit - 1)) + 1e-9) for i in range(limit)]
    for edges in (equal, growing):
        for low, high in itertools.pairwise(edges):
            stretch = range(low, max(low + 1, high))
            assert {min(stretch, key=values.__getitem__), max(stretch, key=values.__getitem__)} <= kept
