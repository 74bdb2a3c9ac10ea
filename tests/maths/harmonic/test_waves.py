"""Waves that were put in come out."""

from __future__ import annotations

import math

import pytest
import torch

from mechgrok.maths.harmonic.waves import amplitude_and_angle


def sum_of(p: int, waves: dict[int, tuple[float, float]]) -> torch.Tensor:
    """sum_k A cos(delta - w_k d)."""
    d = torch.arange(p).double()
    return sum((A * torch.cos(delta - 2 * math.pi * k * d / p) for k, (A, delta) in waves.items()), torch.zeros(p).double())


@pytest.mark.parametrize("p", [12, 13])
@pytest.mark.parametrize("angle", [0.0, 0.7, -0.7, 3.0, -1.6])
def test_amplitude_and_angle(p: int, angle: float) -> None:
    g = 5 + sum_of(p, {2: (3.0, angle), 5: (1.0, -angle)})
    assert amplitude_and_angle(g, 2) == pytest.approx((3.0, angle))
    assert amplitude_and_angle(g, 5) == pytest.approx((1.0, -angle))
    assert amplitude_and_angle(g, 3)[0] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("height", "angle"), [(2.0, 0.0), (-2.0, math.pi)])
def test_half_of_p_has_a_sign_for_an_angle(height: float, angle: float) -> None:
    g = height * torch.tensor([1.0, -1.0] * 4, dtype=torch.float64)
    assert amplitude_and_angle(g, 4) == pytest.approx((2.0, angle))


@pytest.mark.parametrize("p", [2, 3])
def test_the_smallest_groups(p: int) -> None:
    assert amplitude_and_angle(sum_of(p, {1: (4.0, 0.0)}), 1) == pytest.approx((4.0, 0.0))


def test_it_is_the_least_squares_fit() -> None:
    """Of any function: no other wave of the frequency leaves a smaller rest."""
    g = torch.randn(11, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    A, delta = amplitude_and_angle(g, 3)
    rests = [float((g - sum_of(11, {3: wave})).square().sum()) for wave in [(A, delta), (A + 0.01, delta), (A - 0.01, delta)]]
    turned = [float((g - sum_of(11, {3: (A, delta + turn)})).square().sum()) for turn in (0.01, -0.01)]
    assert rests[0] < min(rests[1:] + turned)


@pytest.mark.parametrize(("p", "k"), [(9, 3), (6, 2)])
def test_a_third_of_p_has_a_sine(p: int, k: int) -> None:
    assert amplitude_and_angle(sum_of(p, {k: (2.0, 0.7)}), k) == pytest.approx((2.0, 0.7))


@pytest.mark.parametrize("p", range(2, 40, 2))
def test_the_angle_of_half_of_p_is_exact(p: int) -> None:
    """Rounding in a sine that is none would make pi into -pi."""
    assert amplitude_and_angle(sum_of(p, {p // 2: (-1.0, 0.0)}), p // 2)[1] == math.pi
