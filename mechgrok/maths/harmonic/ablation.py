"""Frequencies taken out of tensors: along one axis, or out of functions of two operands."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from mechgrok.maths.harmonic import fourier


def waves(p: int, keys: Iterable[int]) -> Tensor:
    """Orthonormal cosine and sine rows of some frequencies (rows, p)."""
    rows = [row for k in keys for row in range(p)[fourier.rows_of(k, p)]]
    return fourier.basis(p)[rows]


def part_of_rows(values: Tensor, keys: Iterable[int]) -> Tensor:
    """What cos and sin w_k t of some frequencies explain along the last axis: x F_K^T F_K for (..., p)."""
    kept = waves(values.shape[-1], keys)
    return values @ kept.T @ kept


def part_of_grid(values: Tensor, keys: Iterable[int]) -> Tensor:
    """What single frequencies explain of functions of (a, b), values (p, p, m) -> (p, p, m).

    For every k the cells {1, cos k, sin k} x {1, cos k, sin k} of the 2-D real Fourier transform, less the constant one: the
    degree-2 polynomials of one frequency (Nanda et al. 2023, section 4.2). Blocks of different k have no cell in common.
    """
    p = len(values)
    rows = [0, *(row for k in keys for row in range(p)[fourier.rows_of(k, p)])]
    basis, frequency = fourier.basis(p)[rows], fourier.row_frequency(p)[rows]
    of_a, of_b = frequency[:, None], frequency[None, :]
    cells = ((of_a == of_b) | (of_a == 0) | (of_b == 0)) & (of_a + of_b > 0)
    coefficients = (basis @ torch.tensordot(basis, values, dims=1)) * cells[:, :, None]
    return torch.tensordot(basis.T, basis.T @ coefficients, dims=1)
