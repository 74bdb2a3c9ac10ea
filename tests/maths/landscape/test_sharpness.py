"""Sharpness of losses whose maxima over the box are known."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import Tensor

from mechgrok.maths.landscape.sharpness import box_rise, keskar, random_subspace

N, DIMENSION, EPSILON = 40, 6, 1e-3


@pytest.fixture
def draw() -> torch.Generator:
    return torch.Generator().manual_seed(3)


@pytest.fixture
def point(draw: torch.Generator) -> Tensor:
    return torch.randn(N, generator=draw, dtype=torch.float64)


@pytest.fixture
def rows(draw: torch.Generator) -> Tensor:
    return random_subspace(N, DIMENSION, draw)


CENTRE = torch.zeros(1, DIMENSION, dtype=torch.float64)
CORNER = torch.tensor([[1, -1, 1, 1, -1, -1]], dtype=torch.float64)


def half_widths(rows: Tensor, point: Tensor) -> Tensor:
    return EPSILON * (abs(rows @ point) + 1)


def test_the_subspace(rows: Tensor) -> None:
    assert rows.shape == (DIMENSION, N)
    assert rows.norm(dim=1).tolist() == pytest.approx([1] * DIMENSION, rel=1e-14)
    scaled = rows / rows.abs().amax(1, keepdim=True)
    assert scaled.abs().mean() == pytest.approx(0.5, abs=0.05), "uniform, not normal (.33)"


def test_a_linear_loss(rows: Tensor, point: Tensor, draw: torch.Generator) -> None:
    """f = c x: the largest rise is sum_i |A^T c|_i b_i, whatever the point's value."""
    c = torch.randn(N, generator=draw, dtype=torch.float64)
    expected = (torch.linalg.pinv(rows).T @ c).abs() @ half_widths(rows, point)
    value, rise = box_rise(lambda x: 5 + c @ x, point, rows, EPSILON, CENTRE)
    assert value == pytest.approx(5 + (c @ point).item(), rel=1e-13)
    assert rise == pytest.approx(expected.item(), rel=1e-10)
    by_size_alone = (rows @ c).abs() @ half_widths(rows, point)
    assert rise != pytest.approx(by_size_alone.item(), rel=1e-3), "A is the pseudoinverse, not the transpose"


def test_tiny_slopes(rows: Tensor, point: Tensor) -> None:
    """A trained loss of 1e-9: absolute tolerances of an optimiser would end the search where it starts."""
    c = torch.full((N,), 1e-9, dtype=torch.float64)
    expected = (torch.linalg.pinv(rows).T @ c).abs() @ half_widths(rows, point)
    assert box_rise(lambda x: c @ (x - point), point, rows, EPSILON, CENTRE)[1] == pytest.approx(expected.item(), rel=1e-8)


def test_a_minimum_needs_another_start_than_the_centre(rows: Tensor, point: Tensor) -> None:
    """f = |A^+ (x - x0)|^2 / 2 is |y|^2 / 2: largest in the corners, and flat where the search of the source begins."""
    target = rows @ point
    found = [box_rise(lambda x: 0.5 * (rows @ x - target).square().sum(), point, rows, EPSILON, start)[1] for start in (CENTRE, CORNER)]
    assert found[0] == 0
    assert found[1] == pytest.approx(0.5 * half_widths(rows, point).square().sum().item(), rel=1e-9)


def test_a_convex_loss_against_all_corners(rows: Tensor, point: Tensor, draw: torch.Generator) -> None:
    """A convex function is largest in a corner of the box; there are 64."""
    M, c = torch.randn(N, N, generator=draw, dtype=torch.float64), torch.randn(N, generator=draw, dtype=torch.float64)

    def loss(x: Tensor) -> Tensor:
        return (M @ (x - point)).square().sum() + 0.01 * c @ x

    directions = torch.linalg.pinv(rows) * half_widths(rows, point)
    corners = torch.tensor(list(itertools.product([-1.0, 1.0], repeat=DIMENSION)), dtype=torch.float64)
    best = max(loss(point + directions @ corner).item() for corner in corners) - loss(point).item()
    starts = torch.cat([CENTRE, corners[::4]])
    assert box_rise(loss, point, rows, EPSILON, starts)[1] == pytest.approx(best, rel=1e-8)


def test_a_maximum_inside_the_box(rows: Tensor, point: Tensor) -> None:
    """f = -|y - y0|^2 in units of the box, y0 inside: signs of the slope lead past it, L-BFGS-B finds it. f(x) = -|y0|^2."""
    inside = torch.tensor([0.5, -0.25, 0.1, 0, 0.9, -0.6], dtype=torch.float64)
    target = rows @ point
    widths = half_widths(rows, point)

    def loss(x: Tensor) -> Tensor:
        return 2 - ((rows @ x - target) / widths - inside).square().sum()

    assert box_rise(loss, point, rows, EPSILON, CENTRE)[1] == pytest.approx(inside.square().sum().item(), rel=1e-6)
    tiny = box_rise(lambda x: 1e-9 * loss(x), point, rows, EPSILON, CENTRE)[1]
    assert tiny == pytest.approx(1e-9 * inside.square().sum().item(), rel=1e-6), "slopes in their own unit"


def test_downhill_on_every_side(rows: Tensor, point: Tensor) -> None:
    target = rows @ point
    assert box_rise(lambda x: -(rows @ x - target).square().sum(), point, rows, EPSILON, torch.cat([CENTRE, CORNER]))[1] == 0


def test_keskars_number() -> None:
    assert keskar(1.0, 0.5) == 25
    assert keskar(0.0, 1e-6) == pytest.approx(1e-4, rel=1e-14)
    assert math.isclose(keskar(3.0, 0.04), 1.0)
