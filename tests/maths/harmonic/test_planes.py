"""The 2-D Fourier basis against waves with known coefficients, and its laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from mechgrok.maths.harmonic import planes


def noise(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def angle(p: int, k: int, numbers: np.ndarray) -> np.ndarray:
    return 2 * np.pi * (k * numbers % p) / p


def grid(p: int) -> tuple[np.ndarray, np.ndarray]:
    return np.arange(p)[:, None], np.arange(p)[None, :]


def only(p: int, places: dict[tuple[int, int], float]) -> np.ndarray:
    """A field (p, p) that is zero but for a few places."""
    field = np.zeros((p, p))
    for place, value in places.items():
        field[place] = value
    return field


class TestTransform:
    def test_a_product_is_one_coefficient_and_the_first_axis_is_a(self) -> None:
        """|cos w_k t|^2 = p / 2; the rows are const, cos 1, sin 1, cos 2, ..."""
        p, (a, b) = 13, grid(13)
        wave = np.cos(angle(p, 3, a)) * np.sin(angle(p, 5, b))
        assert planes.transform(torch.from_numpy(wave)).numpy() == pytest.approx(only(p, {(5, 10): p / 2}), abs=1e-12)

    def test_half_of_an_even_p(self) -> None:
        p, (a, b) = 12, grid(12)
        wave = (-1.0) ** a * np.cos(angle(p, 2, b))
        assert planes.transform(torch.from_numpy(wave)).numpy() == pytest.approx(only(p, {(11, 3): p / math.sqrt(2)}), abs=1e-12)

    @pytest.mark.parametrize("p", [2, 3, 8, 13])
    def test_it_keeps_lengths(self, p: int) -> None:
        values = noise(p, p, 4)
        assert planes.transform(values).square().sum((0, 1)).tolist() == pytest.approx(values.square().sum((0, 1)).tolist(), rel=1e-12)


class TestTurn:
    @pytest.mark.parametrize(
        ("place", "wave"),
        [
            ((5, 5), lambda a, b, w: np.cos(w(a + b))),
            ((6, 5), lambda a, b, w: np.sin(w(a + b))),
            ((6, 6), lambda a, b, w: np.cos(w(a - b))),
            ((5, 6), lambda a, b, w: np.sin(w(a - b))),
        ],
    )
    def test_sums_and_differences_are_one_coefficient(self, place: tuple[int, int], wave) -> None:
        p = 13
        values = wave(*grid(p), lambda numbers: angle(p, 3, numbers))
        turned = planes.turn(planes.transform(torch.from_numpy(values)))
        assert turned.numpy() == pytest.approx(only(p, {place: p / math.sqrt(2)}), abs=1e-12)

    @pytest.mark.parametrize("p", [2, 3, 8, 13])
    def test_it_is_orthogonal_and_touches_equal_frequencies_only(self, p: int) -> None:
        values = noise(p, p, 2)
        turned = planes.turn(values)
        assert turned.square().sum().item() == pytest.approx(values.square().sum().item(), rel=1e-12)
        frequency = (np.arange(p) + 1) // 2
        same = torch.from_numpy(frequency[:, None] == frequency)
        assert torch.equal(turned[~same], values[~same])


def test_energies_are_sums_over_all_functions() -> None:
    values, around = noise(7, 7, planes.AT_ONCE + 9), noise(7, 7, 1)
    centred = planes.transform(values - around)
    products, turned = planes.energies(values, around)
    assert torch.allclose(products, centred.square().sum(2), rtol=1e-12)
    assert torch.allclose(turned, planes.turn(centred).square().sum(2), rtol=1e-12)


@pytest.mark.parametrize(("p", "k", "cells"), [(13, 6, (4, 8)), (12, 5, (4, 8)), (12, 6, (1, 3)), (2, 1, (1, 3)), (3, 1, (4, 8))])
class TestSets:
    def test_they_are_orthonormal_and_orthogonal_to_the_constant(self, p: int, k: int, cells: tuple[int, int]) -> None:
        for functions, count in zip((planes.products(p, k), planes.block(p, k)), cells, strict=True):
            assert functions.shape == (count, p * p)
            assert torch.allclose(functions @ functions.T, torch.eye(count, dtype=torch.float64), atol=1e-12)
            assert functions.sum(1).abs().max() < 1e-10

    def test_products_are_part_of_the_block_and_waves_of_one_operand_are_the_rest(self, p: int, k: int, cells: tuple[int, int]) -> None:
        a, b = np.divmod(np.arange(p * p), p)
        of_both = torch.from_numpy(np.cos(angle(p, k, a + b)) - 2 * np.cos(angle(p, k, a - b)))[:, None]
        of_one = torch.from_numpy(np.cos(angle(p, k, a)) + 3 * np.cos(angle(p, k, b)))[:, None]
        together = 5 + of_both + of_one
        assert torch.allclose(planes.project(planes.products(p, k), together), of_both, atol=1e-12)
        assert torch.allclose(planes.project(planes.block(p, k), together), of_both + of_one, atol=1e-12)
