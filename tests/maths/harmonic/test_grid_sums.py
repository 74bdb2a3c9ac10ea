"""Energies of functions of (a, b), added up over a."""

from __future__ import annotations

import pytest
import torch

from mechgrok.maths.harmonic import fourier
from mechgrok.maths.harmonic.grid_sums import GridSums


@pytest.mark.parametrize("p", [2, 3, 8, 13])
@pytest.mark.parametrize("at_once", [1, 2, 5])
def test_sums_over_a_give_the_energies_of_the_whole_transform(p: int, at_once: int) -> None:
    values = torch.randn(p, p, 4, generator=torch.Generator().manual_seed(p), dtype=torch.float64) + 1
    sums = GridSums(p, 4)
    for start in range(0, p, at_once):
        sums.add(start, values[start : start + at_once])
    for found, expected in zip(sums.energies(), fourier.grid_energies(values), strict=True):
        assert (found - expected).abs().max() < 1e-12 * expected.abs().max()


def test_a_sine_in_a_and_a_cosine_in_b_are_one_frequency() -> None:
    """sin w_2 a cos w_2 b + 3 cos w_1 a modulo 7: sums of squares (7 / 2)^2 at k = 2 and 9 * 7 / 2 * 7 at k = 1."""
    a, b = fourier.angles(7, 2), fourier.angles(7, 2)
    values = torch.outer(a.sin(), b.cos()) + 3 * torch.cos(fourier.angles(7, 1))[:, None]
    sums = GridSums(7, 1)
    sums.add(0, values[:, :, None])
    explained, variance, _ = sums.energies()
    assert torch.allclose(explained[:, 0], torch.tensor([9 * 49 / 2, 49 / 4, 0], dtype=torch.float64), atol=1e-12)
    assert torch.allclose(variance, torch.tensor([9 * 49 / 2 + 49 / 4], dtype=torch.float64))
