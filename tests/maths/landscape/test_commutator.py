"""Commutators of quadratic losses, whose gradients are linear."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from mechgrok.maths.landscape.commutator import Function, commutator


def quadratic(H: Tensor, centre: Tensor) -> Function:
    return lambda w: (w - centre) @ H @ (w - centre) / 2


def matrices(seed: int) -> tuple[Tensor, Tensor]:
    draw = torch.randn(4, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return draw[:, :4] @ draw[:, :4].T, draw[:, 4]


@pytest.mark.parametrize("rate", [1e-3, 0.5])
def test_of_quadratic_losses_it_is_the_commutator_of_hessians_and_gradients(rate: float) -> None:
    (A, a), (B, b), point = matrices(0), matrices(1), torch.arange(4).double()
    g_A, g_B = A @ (point - a), B @ (point - b)
    expected = B @ g_A - A @ g_B
    difference, defect = commutator(quadratic(A, a), quadratic(B, b), point, rate)
    assert torch.allclose(difference, rate**2 * expected, rtol=1e-9)
    assert defect == pytest.approx(float(expected.norm() / g_A.norm() / g_B.norm()), rel=1e-9)


def test_equal_losses_and_parabolas_with_one_minimum_commute() -> None:
    (A, a), point = matrices(0), torch.arange(4).double()
    assert commutator(quadratic(A, a), quadratic(A, a), point, 0.1)[1] == 0
    assert commutator(quadratic(A, a), quadratic(A @ A, a), point, 1e-3)[1] == pytest.approx(0, abs=1e-6)


def test_a_flat_loss_has_no_defect() -> None:
    (A, a), point = matrices(0), torch.arange(4).double()
    assert math.isnan(commutator(quadratic(A, a), lambda w: 0 * w.sum(), point, 0.1)[1])
