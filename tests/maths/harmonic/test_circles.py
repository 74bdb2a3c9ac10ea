"""Circles among principal components, with planted ones."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from mechgrok.maths.harmonic import circles


def wave(p: int, k: int, phase: float = 0.0) -> torch.Tensor:
    return torch.cos(2 * math.pi * k * torch.arange(p, dtype=torch.float64) / p + phase)


@pytest.mark.parametrize("p", [59, 113, 8])
def test_planted_circles_come_in_the_order_of_their_size(p: int) -> None:
    """Two circles of amplitudes 3 and 1 about a far mean: variance shares 9 : 9 : 1 : 1, circularity 1."""
    matrix = torch.stack([3 * wave(p, 3), 3 * wave(p, 3, math.pi / 2), wave(p, 1), wave(p, 1, math.pi / 2)], dim=1) + 100
    components, shares = circles.principal_components(matrix)
    frequency, circularity = circles.circularities(components)
    assert shares.tolist() == pytest.approx([0.45, 0.45, 0.05, 0.05], abs=1e-10)
    assert frequency.tolist() == [3, 3, 1, 1]
    assert circularity.tolist() == pytest.approx([1, 1, 1, 1], abs=1e-9)


def test_the_alternating_wave_is_clipped_to_one() -> None:
    """It has |DFT|^2 = 1, and twice that is no circularity."""
    components = (wave(8, 4) / math.sqrt(8))[:, None]
    frequency, circularity = circles.circularities(components)
    assert (frequency.tolist(), circularity.tolist()) == ([4], [1.0])


def test_a_mixture_of_two_frequencies_has_the_larger_share() -> None:
    mixed = math.sqrt(0.7) * wave(59, 5) + math.sqrt(0.3) * wave(59, 11)
    frequency, circularity = circles.circularities((mixed / mixed.norm())[:, None])
    assert frequency.tolist() == [5]
    assert float(circularity) == pytest.approx(0.7, abs=1e-12)


def test_the_dft_is_numpys() -> None:
    vectors = torch.linalg.qr(torch.randn(13, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)).Q
    squares = np.abs(np.fft.fft(vectors.numpy(), axis=0) / math.sqrt(13))[1:7] ** 2
    frequency, circularity = circles.circularities(vectors)
    assert frequency.tolist() == (squares.argmax(0) + 1).tolist()
    assert circularity.tolist() == pytest.approx(np.clip(2 * squares.max(0), 0, 1).tolist(), abs=1e-12)


def test_a_constant_matrix_has_no_components() -> None:
    components, shares = circles.principal_components(torch.full((7, 3), 1e3))
    assert components.shape == (7, 0)
    assert shares.shape == (0,)


def test_keeping_components_keeps_the_mean() -> None:
    circle = torch.stack([wave(7, 2), wave(7, 2, math.pi / 2), torch.zeros(7, dtype=torch.float64)], dim=1)
    other = torch.stack([torch.zeros(7, dtype=torch.float64)] * 2 + [0.5 * wave(7, 3)], dim=1)
    matrix = circle + other + torch.tensor([1.0, 2.0, 3.0])
    components, _ = circles.principal_components(matrix)
    assert torch.allclose(circles.keep_components(matrix, components[:, :2]), circle + torch.tensor([1.0, 2.0, 3.0]), atol=1e-12)


@pytest.mark.parametrize("k", [1, 3, 6])
def test_the_waves_are_the_formulas(k: int) -> None:
    """theta from a + b - c as an integer, unreduced: |cos(theta / 2)| and |sin(theta / 2)| do not mind whole turns."""
    p = 13
    a, b, c = np.meshgrid(*[np.arange(p)] * 3, indexing="ij")
    theta = 2 * np.pi * k * (a + b - c) / p
    clock, pizza = circles.circle_waves(torch.from_numpy((a + b)[:, :, 0].ravel() % p), p, k)
    assert np.allclose(clock.numpy(), np.cos(theta).reshape(-1, p), atol=1e-12)
    assert np.allclose(pizza.numpy(), (np.abs(np.cos(theta / 2)) - np.abs(np.sin(theta / 2))).reshape(-1, p), atol=1e-12)


def test_variance_explained_of_standardised_values_is_two_r_minus_one() -> None:
    """r = .6 by construction: 1 - Var(x - y) = .2, not r^2 = .36; shifts and positive factors do not matter."""
    x, y = wave(40, 1), wave(40, 1, math.pi / 2)
    mixed = 0.6 * x + 0.8 * y
    assert circles.standardised_variance_explained(x, mixed) == pytest.approx(0.2, abs=1e-12)
    assert circles.standardised_variance_explained(7 * x - 3, 0.1 * mixed + 5) == pytest.approx(0.2, abs=1e-12)
    assert math.isnan(circles.standardised_variance_explained(torch.zeros(40), x))


@pytest.mark.parametrize("features", [5, 7, 9])
def test_components_are_those_of_an_svd_whichever_side_is_longer(features: int) -> None:
    matrix = torch.randn(7, features, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    components, shares = circles.principal_components(matrix)
    left, singular, _ = np.linalg.svd((matrix - matrix.mean(0)).numpy(), full_matrices=False)
    rank = min(6, features)
    assert shares.tolist() == pytest.approx((singular**2 / (singular**2).sum())[:rank].tolist(), abs=1e-12)
    assert (components.T @ torch.from_numpy(left[:, :rank])).abs().tolist() == [pytest.approx(row, abs=1e-9) for row in np.eye(rank)]


def test_the_waves_are_in_double_precision() -> None:
    clock, pizza = circles.circle_waves(torch.tensor([17]), 113, 5)
    angle = 2 * math.pi * 5 * 17 / 113
    assert clock[0, 0].item() == pytest.approx(math.cos(angle), abs=1e-13)
    assert pizza[0, 0].item() == pytest.approx(abs(math.cos(angle / 2)) - abs(math.sin(angle / 2)), abs=1e-13)


def test_variance_explained_of_small_tables() -> None:
    """Neither the shape nor the unit matters."""
    x, mixed = wave(40, 1), 0.6 * wave(40, 1) + 0.8 * wave(40, 1, math.pi / 2)
    assert circles.standardised_variance_explained(1e-6 * x.view(8, 5), 1e-6 * mixed.view(8, 5)) == pytest.approx(0.2, abs=1e-12)


@pytest.mark.parametrize("scale", [-1e9, 1e-9, 1.0, 1e9])
def test_rounding_is_no_component_in_any_unit(scale: float) -> None:
    row = scale * torch.tensor([0.1, 0.7, 1 / 3], dtype=torch.float64)
    assert circles.principal_components(row.repeat(59, 1))[1].shape == (0,)
    assert circles.principal_components(row.repeat(59, 1) + scale * torch.outer(wave(59, 1), torch.ones(3).double()))[1].shape == (1,)


def test_rounding_to_single_precision_is_no_component() -> None:
    """Forty equal columns that are constant but for the last digit a float32 has."""
    ulp = float(np.spacing(np.float32(100)))
    signs = torch.randn(59, 1, generator=torch.Generator().manual_seed(0)).sign().double().expand(59, 40)
    assert circles.principal_components(100 + ulp / 2 * signs)[1].shape == (0,)
    assert circles.principal_components(torch.zeros(7, 3))[1].shape == (0,)


def test_keeping_one_row_leaves_the_mean_in_the_others() -> None:
    """The unit vector of a single row is not orthogonal to constants: that row stays, the others become the mean."""
    matrix = torch.tensor([[1.0, 5.0], [2.0, 4.0], [9.0, 0.0]], dtype=torch.float64)
    kept = circles.keep_components(matrix, torch.tensor([[1.0], [0.0], [0.0]], dtype=torch.float64))
    assert kept.tolist() == [[1, 5], [4, 3], [4, 3]]


def test_single_precision_is_widened_first() -> None:
    """The fourth component carries 1e-10 of the variance: in single precision it drowns."""
    waves = torch.stack([wave(59, 1), wave(59, 2), wave(59, 3), 1e-5 * wave(59, 4)], dim=1).float()
    singular = np.linalg.svd((waves.double() - waves.double().mean(0)).numpy(), compute_uv=False)
    assert circles.principal_components(waves)[1].tolist() == pytest.approx((singular**2 / (singular**2).sum()).tolist(), rel=1e-6)
