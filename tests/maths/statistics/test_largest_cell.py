"""The expected largest count beside all ways to fall, and beside random draws."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest

from mechgrok.maths.statistics.largest_cell import expected_largest


@pytest.mark.parametrize(("items", "cells"), [(1, 1), (4, 3), (6, 2), (5, 4), (3, 6)])
def test_it_is_the_mean_over_all_ways_to_fall(items: int, cells: int) -> None:
    ways = [max(Counter(way).values()) for way in itertools.product(range(cells), repeat=items)]
    assert expected_largest(items, cells) == pytest.approx(np.mean(ways), abs=1e-9)


def test_it_is_that_of_draws() -> None:
    drawn = np.random.default_rng(0).multinomial(512, [1 / 29] * 29, size=4000).max(1)
    assert expected_largest(512, 29) == pytest.approx(drawn.mean(), abs=4 * drawn.std() / 4000**0.5)
