"""Shares of products of waves, of functions of (a, b) that are written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from mechgrok.maths.harmonic.quadratic import shares

P = 11
A, B = torch.meshgrid(torch.arange(P), torch.arange(P), indexing="ij")


def wave(x: torch.Tensor, k: int, phase: float = 0.0, p: int = P) -> torch.Tensor:
    return torch.cos(2 * math.pi * k * x.double() / p + phase)


def both(function: torch.Tensor, k: int, sign: int) -> tuple[float, float]:
    quadratic, trigonometric = shares(function[:, :, None], k, sign)
    return float(quadratic), float(trigonometric)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("phase", [0.0, 0.7, 2.0])
def test_a_wave_of_the_phase_is_all_trigonometric(sign: int, phase: float) -> None:
    own = wave(A + sign * B, 3, phase) + 4
    assert both(own, 3, sign) == pytest.approx((1, 1), abs=1e-12)
    assert both(own, 3, -sign) == pytest.approx((1, 0), abs=1e-12)
    assert both(own, 2, sign) == pytest.approx((0, 0), abs=1e-12)


def test_a_sum_of_waves_is_neither() -> None:
    """cos wa + cos wb is linear; its square (1 + ...) has cos wa cos wb, half of it in a + b."""
    assert both(wave(A, 3) + wave(B, 3), 3, 1) == pytest.approx((0, 0), abs=1e-12)
    assert both(wave(A, 3) * wave(B, 3), 3, 1) == pytest.approx((1, 0.5), abs=1e-12)


def test_shares_are_of_the_variance() -> None:
    """Independent parts of variances 1 / 2 (linear) and 1 / 2 * 3 ^ 2 (sum): nine tenths; the constant does not count."""
    mixed = wave(A, 2) + 3 * wave(A + B, 2) + 100
    assert both(mixed, 2, 1) == pytest.approx((0.9, 0.9), abs=1e-12)


def test_the_last_frequency_of_an_even_modulus() -> None:
    a, b = torch.meshgrid(torch.arange(8), torch.arange(8), indexing="ij")
    alternating = wave(a + b, 4, p=8) + wave(a, 4, p=8)
    quadratic, trigonometric = shares(alternating[:, :, None], 4, 1)
    assert (float(quadratic), float(trigonometric)) == pytest.approx((0.5, 0.5), abs=1e-12)


def test_constants_have_no_shares() -> None:
    quadratic, trigonometric = shares(torch.full((P, P, 2), 0.3), 1, 1)
    assert quadratic.isnan().all()
    assert trigonometric.isnan().all()


@pytest.mark.parametrize("scale", [-0.3, 1e-9, 1e9, -1e9])
def test_the_unit_and_the_sign_do_not_matter(scale: float) -> None:
    assert shares(torch.full((P, P, 1), scale / 3, dtype=torch.float64), 1, 1)[0].isnan().all()
    assert both(scale * (wave(A + B, 3) + 4), 3, 1) == pytest.approx((1, 1), abs=1e-12)


def test_rounding_to_single_precision_has_no_shares() -> None:
    """A constant neuron of a large table, but for the last digit a float32 has."""
    ulp = float(np.spacing(np.float32(100)))
    signs = torch.randn(113, 113, 1, generator=torch.Generator().manual_seed(0)).sign().double()
    assert shares(100 + ulp / 2 * signs, 1, 1)[0].isnan().all()
    assert shares(torch.zeros(5, 5, 1), 1, 1)[0].isnan().all()
