"""Kernels of functions with known gradients, and alignments beside numpy and permutations."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch

from mechgrok.maths.landscape.tangent_kernel import alignment, chance_alignment, tangent_kernel


def test_a_linear_map_has_the_kernel_of_its_inputs() -> None:
    """f = W x: K = classes * x . x', and weights that do nothing add nothing."""
    x = torch.randn(4, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    W, idle = torch.zeros(2, 3, dtype=torch.float64, requires_grad=True), torch.zeros(5, dtype=torch.float64, requires_grad=True)
    assert torch.allclose(tangent_kernel([W @ each for each in x], [W, idle]), 2 * x @ x.T)


def kernels() -> tuple[torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(1)
    x, y = (torch.randn(5, 3, generator=draw, dtype=torch.float64) for _ in range(2))
    return x @ x.T + 1, y @ y.T


def test_alignment_is_the_correlation_of_centred_kernels() -> None:
    first, second = kernels()
    H = np.eye(5) - 1 / 5
    x, y = (H @ each.numpy() @ H for each in (first, second))
    assert alignment(first, second) == pytest.approx((x * y).sum() / np.linalg.norm(x) / np.linalg.norm(y), rel=1e-12)
    assert alignment(first, 3 * first + 7) == pytest.approx(1)
    assert math.isnan(alignment(first, torch.ones(5, 5)))
    assert math.isnan(chance_alignment(first, torch.ones(5, 5)))


def test_chance_is_the_mean_over_all_orders() -> None:
    first, second = kernels()
    found = [alignment(first, second[order][:, order]) for order in map(list, itertools.permutations(range(5)))]
    assert chance_alignment(first, second) == pytest.approx(np.mean(found), rel=1e-12)
