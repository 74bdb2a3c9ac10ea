"""Fits against least squares with explicit design matrices."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from mechgrok.maths.harmonic import fits


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def r_squared(design: np.ndarray, y: np.ndarray) -> float:
    """Of the least-squares fit, written out."""
    fitted = design @ np.linalg.lstsq(design, y)[0]
    return 1 - ((y - fitted) ** 2).sum() / ((y - y.mean()) ** 2).sum()


class TestFve:
    def test_of_the_mean_and_of_the_values_themselves(self) -> None:
        values = noise(30, 2) + 5
        assert fits.fve(values, values.mean(0).expand(30, 2)).tolist() == pytest.approx([0, 0], abs=1e-12)
        assert fits.fve(values, values).tolist() == [1, 1]

    def test_a_fit_that_misses_the_mean_is_worse_than_the_mean(self) -> None:
        values = noise(30, 1)
        assert fits.fve(values, values + 2).item() == pytest.approx(1 - 4 / values.var(correction=0).item(), rel=1e-12)


def test_the_slope_has_no_constant_and_the_correlation_has_one() -> None:
    values, wave = noise(40, 3) + 2, noise(40, seed=1) + 1
    for column in range(3):
        y, x = values[:, column].numpy(), wave.numpy()
        assert fits.slope(values, wave)[column].item() == pytest.approx(np.linalg.lstsq(x[:, None], y)[0][0], rel=1e-12)
        assert fits.correlation_squared(values, wave)[column].item() == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2, rel=1e-11)
    assert fits.slope(values, torch.zeros(40, dtype=torch.float64)).tolist() == [0, 0, 0]


@pytest.mark.parametrize("p", [2, 3, 8, 11])
def test_differences_are_least_squares(p: int) -> None:
    a, b = np.divmod(np.arange(p * p), p)
    values = noise(p, p, 2)
    found = fits.differences(values)
    for k in range(1, p // 2 + 1):
        angles = [2 * np.pi * (k * numbers % p) / p for numbers in (a, b)]
        design = np.stack([np.ones(p * p), np.cos(angles[0]) - np.cos(angles[1]), np.sin(angles[0]) - np.sin(angles[1])], 1)
        for head in range(2):
            y = values[:, :, head].flatten().numpy()
            if 2 * k == p:
                design[:, 2] = 0
            expected = np.linalg.lstsq(design, y)[0]
            coefficients = [found.constant[head].item(), found.alpha[k - 1, head].item(), found.beta[k - 1, head].item()]
            assert coefficients == pytest.approx(expected.tolist(), abs=1e-11)
            assert (found.explained[k - 1, head] / found.total[head]).item() == pytest.approx(r_squared(design, y), abs=1e-11)
        waves = fits.difference_wave(p, k)
        assert [wave.flatten().tolist() for wave in waves] == [
            pytest.approx(design[:, 1], abs=1e-12),
            pytest.approx(design[:, 2], abs=1e-12),
        ]


def test_the_share_is_that_of_a_fit_with_a_constant() -> None:
    values, waves = noise(50, 2) + 3, noise(50, 3, seed=1) + 1
    design = np.column_stack([np.ones(50), waves.numpy()])
    assert fits.share(values, waves).tolist() == pytest.approx([r_squared(design, values[:, i].numpy()) for i in range(2)], abs=1e-12)


def test_the_share_of_waves_that_do_not_vary_is_none() -> None:
    """For k = p / 2 the second harmonic is constant: what is left after its mean is rounding, and no direction."""
    waves = torch.stack([torch.ones(50).double(), 1e-16 * noise(50)], 1)
    assert fits.share(noise(50, 1), waves).tolist() == [0]


def test_a_span_has_its_rank() -> None:
    columns = noise(9, 3) @ noise(3, 5, seed=1)
    directions = fits.orthonormal(columns)
    assert directions.shape == (9, 3)
    assert torch.allclose(directions @ (directions.T @ columns), columns, atol=1e-12)
    assert fits.orthonormal(torch.zeros(9, 2).double()).shape == (9, 0)
    assert fits.orthonormal(torch.zeros(9, 0).double()).shape == (9, 0)


def test_waves_of_height_one_count() -> None:
    """Only what is rounding is left out: a cosine is not, nor one that is nowhere positive."""
    wave = torch.cos(2 * torch.pi * torch.arange(12).double() / 12)[:, None]
    assert fits.share(3 * wave + 1, wave).tolist() == pytest.approx([1], abs=1e-12)
    below = -1 - 0.5 * wave[:, 0]
    assert fits.slope(4 * below[:, None], below).tolist() == pytest.approx([4], rel=1e-12)


def test_differences_of_single_precision() -> None:
    values = noise(7, 7, 2).float()
    found, exact = fits.differences(values), fits.differences(values.double())
    assert torch.allclose(found.alpha, exact.alpha, atol=1e-6)
    assert torch.allclose(found.explained, exact.explained, atol=1e-5)


@pytest.mark.parametrize("scale", [1e-8, 1e8])
def test_a_span_has_its_rank_in_every_unit(scale: float) -> None:
    assert fits.orthonormal(scale * noise(9, 3) @ noise(3, 5, seed=1)).shape == (9, 3)
