"""Phases of planted waves, and the quadrature error beside sums over a grid of x and y."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from mechgrok.maths.harmonic.phase_alignment import amplitudes, quadrature_error


def test_amplitudes_are_those_of_sums_of_cosines() -> None:
    p, t = 12, np.arange(12)
    wave = 2.0 * np.cos(2 * np.pi * 3 * t / p - 2.5) + 0.5 * np.cos(2 * np.pi * 5 * t / p + 1.0) + 7
    found = amplitudes(torch.from_numpy(wave)[:, None])[:, 0].numpy()
    assert found == pytest.approx([0, 0, 2 * np.exp(-2.5j), 0, 0.5 * np.exp(1j)], abs=1e-9)


@pytest.mark.parametrize("n", [1, 3, 7])
def test_the_quadrature_error_is_that_on_a_grid(n: int) -> None:
    generator = np.random.default_rng(n)
    phases, weights = generator.uniform(-np.pi, np.pi, n), generator.uniform(0.1, 1, n)
    x, y = (each[..., None] for each in np.meshgrid(*2 * [2 * np.pi * np.arange(720) / 720]))
    summed = (weights * np.maximum(np.cos(x + phases), 0) * np.cos(y + 2 * phases)).sum(-1) / weights.sum()
    integral = np.cos(y - 2 * x)[..., 0] / (3 * np.pi)
    expected = math.sqrt(((summed - integral) ** 2).mean() / (integral**2).mean())
    assert quadrature_error(torch.from_numpy(phases), torch.from_numpy(weights)) == pytest.approx(expected, rel=1e-4)


def test_the_integral_is_that_of_the_closed_form() -> None:
    """By 10 000 phases, at some angles."""
    f = 2 * np.pi * np.arange(10_000) / 10_000
    for x, y in [(0.0, 0.0), (1.0, 0.3), (2.0, -1.0)]:
        assert np.mean(np.maximum(np.cos(x + f), 0) * np.cos(y + 2 * f)) == pytest.approx(math.cos(y - 2 * x) / (3 * math.pi), abs=1e-7)
