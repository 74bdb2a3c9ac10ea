"""The real Fourier basis of Z_p.

Rows const, cos 1, sin 1, cos 2, sin 2, ...; for even p the last row is the alternating one, so that every basis is square
and orthonormal. Frequencies run over 1 .. p // 2 inclusive. Angles are made from integers: 2 pi ((k t) mod p) / p.
"""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor


def frequencies(p: int) -> range:
    """1 .. p // 2, both included."""
    return range(1, p // 2 + 1)


def angles(p: int, k: int) -> Tensor:
    """2 pi k t / p for t = 0 .. p - 1, exact to the last digit (p,)."""
    return 2 * math.pi * ((k * torch.arange(p)) % p).double() / p


@cache
def basis(p: int) -> Tensor:
    """F with F F^T = 1, float64 (p, p); row 2k-1 is cos(w_k t), row 2k is sin(w_k t), scaled to unit length."""
    rows = [torch.ones(p, dtype=torch.float64)]
    for k in frequencies(p):
        rows += [torch.cos(angles(p, k)), torch.sin(angles(p, k))]
    stacked = torch.stack(rows)[:p]
    return stacked / stacked.norm(dim=1, keepdim=True)


def rows_of(k: int, p: int) -> slice:
    """The basis rows of frequency k: its cosine and its sine, or the alternating row alone for k = p / 2."""
    return slice(2 * k - 1, min(2 * k + 1, p))


def row_frequency(p: int) -> Tensor:
    """The frequency of every basis row (p,): 0, 1, 1, 2, 2, ..."""
    return (torch.arange(p) + 1) // 2


def coefficients(values: Tensor) -> Tensor:
    """F x along the first axis, float64, same shape (p, ...)."""
    p = values.shape[0]
    return torch.tensordot(basis(p), values.double(), dims=1)


def power(values: Tensor) -> Tensor:
    """|x_cos k|^2 + |x_sin k|^2 for k = 1 .. p // 2, all other axes summed over (p // 2,)."""
    p = values.shape[0]
    squares = coefficients(values).reshape(p, -1).square().sum(1)
    return torch.zeros(p // 2 + 1, dtype=torch.float64).index_add_(0, row_frequency(p), squares)[1:]


def grid_power(values: Tensor) -> tuple[Tensor, Tensor]:
    """Energy of functions of (a, b) that one frequency explains.

    For `values` (p, p, m): the squared 2-D coefficients in the block {const, cos k, sin k} x {const, cos k, sin k} less the
    constant one (8 cells; 3 for k = p / 2), for every k, shape (p // 2, m); and the energy around the mean (m,).
    Nanda et al. 2023 (arXiv 2301.05217), section 4.2, "degree-2 polynomials of one frequency".
    """
    explained, variance, _ = grid_energies(values)
    return explained, variance


def grid_energies(values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """`grid_power`, and the sum of squares of the values (m,), which the transform gives for nothing."""
    p = len(values)
    over_a = coefficients(values)
    constant_in_a, constant_in_b = basis(p) @ over_a[0], over_a.sum(1) / math.sqrt(p)
    blocks = [
        (basis(p)[rows] @ over_a[rows]).square().sum((0, 1)) + constant_in_a[rows].square().sum(0) + constant_in_b[rows].square().sum(0)
        for rows in (rows_of(k, p) for k in frequencies(p))
    ]
    # Row by row, the squares stay in the cache: six times as fast as all at once, and no second array of this size.
    energy = torch.stack([row.square().sum(0) for row in over_a]).sum(0)
    return torch.stack(blocks), energy - constant_in_b[0].square(), energy
