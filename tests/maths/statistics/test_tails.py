"""Power laws beside the library powerlaw, and the largest eigenvalue of random matrices."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mechgrok.maths.statistics.tails import largest_of_random, power_law

LIBRARY = {(0, 60): (2.4538363854750704, 1.098573255825306, 0.11872207413643773, 31)}
LIBRARY |= {(1, 128): (2.503249779610506, 0.8946772921231557, 0.1109351419185704, 74)}
"""alpha, xmin, D and number of values that powerlaw 2.0.0 finds in log-normal samples of a seed and size."""


@pytest.mark.parametrize(("seed", "size"), LIBRARY)
def test_it_is_the_fit_of_the_library(seed: int, size: int) -> None:
    sample = np.exp(np.random.default_rng(seed).normal(size=size))
    assert power_law(torch.from_numpy(sample)) == pytest.approx(LIBRARY[seed, size], rel=1e-9)


def test_scale_does_not_change_the_exponent_and_a_bulk_is_left_out() -> None:
    tail = 5 * (1 - (torch.arange(400, dtype=torch.float64) + 0.5) / 400) ** -1
    both = torch.cat([torch.linspace(0.1, 4.9, 300, dtype=torch.float64), tail])
    alpha, least, _, count = power_law(both)
    assert (alpha, count) == (pytest.approx(2, abs=0.1), pytest.approx(400, abs=40))
    assert power_law(7 * both)[:2] == pytest.approx((alpha, 7 * least))


def test_few_random_matrices_exceed_the_edge() -> None:
    """One of a thousand: of 400 none or few; the Marchenko-Pastur edge alone is exceeded by a sixth."""
    draw = torch.Generator().manual_seed(0)
    largest = torch.linalg.matrix_norm(torch.randn(400, 40, 25, generator=draw, dtype=torch.float64), ord=2).square()
    assert int((largest > largest_of_random(40, 25)).sum()) <= 3
    assert int((largest > (40**0.5 + 25**0.5) ** 2).sum()) > 20
    assert largest_of_random(40, 25) == largest_of_random(25, 40)
