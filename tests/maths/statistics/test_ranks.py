"""Ranks of matrices with known singular values, and dimensions of clouds that are drawn in a known one."""

from __future__ import annotations

import math

import pytest
import torch

from mechgrok.maths.statistics import ranks


def matrix(values: list[float], rows: int = 9, columns: int = 6) -> torch.Tensor:
    draw = torch.Generator().manual_seed(0)
    left, right = (torch.linalg.qr(torch.randn(size, len(values), generator=draw, dtype=torch.float64)).Q for size in (rows, columns))
    return left * torch.tensor(values, dtype=torch.float64) @ right.T


@pytest.mark.parametrize("transpose", [False, True])
def test_singular_values(transpose: bool) -> None:
    given = matrix([5.0, 2.0, 1.0])
    found = ranks.singular_values(given.T if transpose else given)
    assert found.tolist() == pytest.approx([5, 2, 1, 0, 0, 0], abs=1e-10)


def test_equal_singular_values_count() -> None:
    found = ranks.singular_values(matrix([3.0, 3.0, 3.0, 3.0]))
    assert ranks.effective_rank(found) == pytest.approx(4, rel=1e-9)
    assert ranks.stable_rank(found) == pytest.approx(4, rel=1e-9)


def test_unequal_ones_in_closed_form() -> None:
    """q = (3, 1) / 4: exp(H) = 4 / 3^(3/4) = 1.7548; squares would give exp(H(9, 1)) = 1.384. Stable rank 10 / 9."""
    found = ranks.singular_values(matrix([3.0, 1.0]))
    assert ranks.effective_rank(found) == pytest.approx(4 / 3**0.75, rel=1e-9)
    assert ranks.stable_rank(found) == pytest.approx(10 / 9, rel=1e-9)


def test_a_zero_matrix_has_rank_zero() -> None:
    found = ranks.singular_values(torch.zeros(3, 4))
    assert (ranks.effective_rank(found), ranks.stable_rank(found)) == (0, 0)


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_two_nn_finds_the_dimension_of_a_flat_cloud(dimension: int) -> None:
    """A uniform cube in 20 dimensions; relative deviation 1 / sqrt(n) = 2 %, and in more dimensions most points lie at a face."""
    draw = torch.Generator().manual_seed(0)
    flat = torch.rand(2500, dimension, generator=draw, dtype=torch.float64)
    turn = torch.linalg.qr(torch.randn(20, dimension, generator=draw, dtype=torch.float64)).Q
    assert ranks.two_nn(flat @ turn.T) == pytest.approx(dimension, rel=0.08)


def test_two_nn_of_points_with_known_neighbours() -> None:
    """0, 1, 3: ratios 3, 2, 3 / 2, so (3 - 1) / log 9; the copy of 1 is the same point."""
    points = torch.tensor([[0.0], [1.0], [3.0], [1.0]], dtype=torch.float64)
    assert ranks.two_nn(points) == pytest.approx(2 / math.log(9), rel=1e-12)


def test_two_nn_without_neighbours_says_nothing() -> None:
    assert math.isnan(ranks.two_nn(torch.zeros(5, 3)))
    assert math.isnan(ranks.two_nn(torch.eye(3, dtype=torch.float64)))


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_what_is_rounding_is_zero_in_every_unit(scale: float) -> None:
    """A matrix of rank one, whose other singular values come out of the Gram matrix as 1e-8 of the largest."""
    generator = torch.Generator().manual_seed(0)
    one = scale * torch.randn(9, 1, generator=generator).double() @ torch.randn(1, 6, generator=generator).double()
    singular = ranks.singular_values(one)
    assert (singular > 0).tolist() == [True] + [False] * 5
    assert (ranks.stable_rank(singular), ranks.effective_rank(singular)) == pytest.approx((1, 1), abs=1e-12)


def test_single_precision_is_only_that_of_the_entries() -> None:
    entries = torch.randn(8, 5, generator=torch.Generator().manual_seed(0))
    assert ranks.singular_values(entries).tolist() == pytest.approx(torch.linalg.svdvals(entries.double()).tolist(), rel=1e-11)


def test_two_nn_of_neighbours_at_nearly_the_same_distance() -> None:
    """A triangle with sides 1, 1.1, 1.2: ratios 1.1, 1.2 and 1.2 / 1.1, whose logarithms sum to 2 log 1.2."""
    x = (1 + 1.1**2 - 1.2**2) / 2
    triangle = torch.tensor([[0.0, 0.0], [1.0, 0.0], [x, math.sqrt(1.1**2 - x**2)]], dtype=torch.float64)
    assert ranks.two_nn(triangle) == pytest.approx(2 / (2 * math.log(1.2)), rel=1e-9)
