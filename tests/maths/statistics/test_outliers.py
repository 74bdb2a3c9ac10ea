"""Distances against scipy, closed forms and planted waves."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial import distance
from torch import Tensor

from mechgrok.maths.statistics import outliers


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


class TestMahalanobis:
    def test_it_is_scipy_s(self) -> None:
        values, trusted = noise(40, 4) @ noise(4, 4, seed=1), torch.arange(40) < 25
        known = values[trusted].numpy()
        S = np.cov(known.T, bias=True)
        inverse = np.linalg.inv(S + 0.1 * np.trace(S) / 4 * np.eye(4))
        expected = [distance.mahalanobis(row, known.mean(0), inverse) for row in values.numpy()]
        assert outliers.mahalanobis(values, trusted, 0.1).tolist() == pytest.approx(expected, rel=1e-10)

    def test_by_hand(self) -> None:
        """Trusted rows (+-1, 0) and (0, +-1) have S = I / 2, so that distances are sqrt 2 times Euclid's."""
        values = torch.tensor([[1.0, 0], [-1, 0], [0, 1], [0, -1], [3, 4]], dtype=torch.float64)
        found = outliers.mahalanobis(values, torch.arange(5) < 4, 1e-12)
        assert found.tolist() == pytest.approx([2**0.5] * 4 + [5 * 2**0.5], rel=1e-9)

    def test_a_direction_that_trusted_rows_lack_is_far_but_not_infinitely(self) -> None:
        values = torch.tensor([[1.0, 0], [-1, 0], [0, 1]], dtype=torch.float64)
        found = outliers.mahalanobis(values, torch.arange(3) < 2, 0.01)
        assert float(found[2]) == pytest.approx((1 / (0.01 * 0.5)) ** 0.5, rel=1e-9)

    def test_neurons_that_never_vary_make_no_row_an_outlier(self) -> None:
        assert outliers.mahalanobis(torch.ones(3, 2).double(), torch.ones(3, dtype=torch.bool), 0.1).tolist() == [0, 0, 0]
        assert outliers.mahalanobis(noise(4, 1), torch.ones(4, dtype=torch.bool), 0.1).shape == (4,)


@pytest.mark.parametrize("p", [7, 8])
class TestWaves:
    def test_columns_are_cosines_and_sines(self, p: int) -> None:
        elements = torch.tensor([0, 3, 5])
        expected = [[1.0, np.cos(2 * np.pi * 2 * t / p), np.sin(2 * np.pi * 2 * t / p)] for t in (0, 3, 5)]
        assert np.allclose(outliers.waves_of(p, [2], elements), expected)

    def test_polynomials_are_the_products(self, p: int) -> None:
        a, b = 3, 5
        waves = [[1.0, np.cos(2 * np.pi * k * t / p), np.sin(2 * np.pi * k * t / p)] for k in (1, 2) for t in (a, b)]
        products = [[x * y for x in of_a for y in of_b][1:] for of_a, of_b in (waves[:2], waves[2:])]
        found = outliers.polynomials(p, [1, 2], torch.tensor([[a, b]]))
        assert found[0].tolist() == pytest.approx([1.0, *products[0], *products[1]], abs=1e-12)


def test_without_keys_there_is_the_constant_alone() -> None:
    assert outliers.waves_of(5, [], torch.arange(3)).tolist() == [[1.0]] * 3
    assert outliers.polynomials(5, [], torch.zeros(2, 2, dtype=torch.int64)).tolist() == [[1.0]] * 2


def test_the_fit_is_that_of_the_trusted_rows() -> None:
    """A line through (0, 1) and (2, 5); the third row lies 3 above it."""
    columns = torch.tensor([[1.0, 0], [1, 2], [1, 1]], dtype=torch.float64)
    values = torch.tensor([[1.0], [5], [6]], dtype=torch.float64)
    assert outliers.misfit(values, columns, torch.tensor([True, True, False])).tolist() == pytest.approx([0, 0, 3], abs=1e-12)


def test_a_remainder_is_orthogonal_to_the_columns() -> None:
    values, columns = noise(9, 3), noise(9, 2, seed=1)
    left = outliers.remainder(values, columns)
    assert (columns.T @ left).abs().max() < 1e-12
    solution = np.linalg.lstsq(columns.numpy(), values.numpy(), rcond=None)[0]
    assert np.allclose(left, values.numpy() - columns.numpy() @ solution)


class TestProfile:
    P, PHASE = 7, torch.tensor([0, 3, 3, 6, 1])

    def wave(self, amplitude: float, delta: float) -> Tensor:
        """amplitude cos(w_2 (c - phase) + delta), written out."""
        c = np.arange(self.P)
        return torch.from_numpy(amplitude * np.cos(2 * np.pi * 2 * (c - self.PHASE.numpy()[:, None]) / self.P + delta))

    def test_rows_are_shifted_to_their_phase_and_averaged(self) -> None:
        logits, rows = noise(5, 7), torch.tensor([True, False, True, True, False])
        expected = [np.mean([float(logits[n, (int(self.PHASE[n]) + d) % 7]) for n in (0, 2, 3)]) for d in range(7)]
        assert outliers.profile(logits, self.PHASE, rows).tolist() == pytest.approx(expected, rel=1e-12)

    def test_a_planted_wave_is_no_residual_and_the_rest_is(self) -> None:
        """Row 4 lacks the wave, of norm sqrt(7 / 2) per unit; a constant of a row counts nothing."""
        logits = self.wave(3.0, 0.4) + torch.arange(5.0)[:, None]
        logits[4] = 11.0
        trusted = torch.arange(5) < 4
        found = outliers.off_profile(logits, self.PHASE, [2], trusted)
        assert found.tolist() == pytest.approx([0, 0, 0, 0, 3 * 3.5**0.5], abs=1e-10)
        assert outliers.off_profile(logits, self.PHASE, [1], trusted).tolist() == pytest.approx([3 * 3.5**0.5] * 4 + [0], abs=1e-10)


def test_means_of_groups() -> None:
    values = torch.tensor([[1.0], [3], [10]])
    assert outliers.mean_of_each(values, torch.tensor([2, 2, 0]), 4).tolist() == [[10], [0], [2], [0]]
