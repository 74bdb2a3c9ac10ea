"""The part of tensors that lies in given frequencies: along one axis, or as functions of two operands."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from mechgrok.maths.harmonic import fourier


def waves(p: int, keys: Iterable[int]) -> Tensor:
    """Orthonormal cosine and sine rows of given frequencies.

    Parameters
    ----------
    p : int
        The modulus.
    keys : iterable of int
        Frequencies from 1 to p // 2.

    Returns
    -------
    Tensor (rows, p)
        Two rows for each frequency, one for p / 2; float64.

    Examples
    --------
    For p = 4 the frequency 1 is (1, 0, -1, 0) and (0, 1, 0, -1), over sqrt(2).

    >>> (waves(4, [1]) * 2**0.5).round(decimals=9).abs().tolist()
    [[1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0]]
    >>> waves(4, [2]).tolist()
    [[0.5, -0.5, 0.5, -0.5]]
    """
    rows = [row for k in keys for row in range(p)[fourier.rows_of(k, p)]]
    return fourier.basis(p)[rows]


def part_of_rows(values: Tensor, keys: Iterable[int]) -> Tensor:
    """The part of x that cos and sin w_k t of given frequencies explain along the last axis, x F_K^T F_K.

    Parameters
    ----------
    values : Tensor (..., p)
        x, float64.
    keys : iterable of int
        Frequencies from 1 to p // 2.

    Returns
    -------
    Tensor (..., p)

    Examples
    --------
    The alternating part of (5, 1, 3, 1) is (5 - 1 + 3 - 1) / 4 = 1.5.

    >>> part_of_rows(torch.tensor([5.0, 1.0, 3.0, 1.0], dtype=torch.float64), [2]).tolist()
    [1.5, -1.5, 1.5, -1.5]
    """
    kept = waves(values.shape[-1], keys)
    return values @ kept.T @ kept


def part_of_grid(values: Tensor, keys: Iterable[int]) -> Tensor:
    """The part of functions of (a, b) that single frequencies explain.

    For every k the cells {1, cos k, sin k} x {1, cos k, sin k} of the 2-D real Fourier transform, less the constant one: the degree-2
    polynomials of one frequency. Blocks of different k have no cell in common.

    Parameters
    ----------
    values : Tensor (p, p, m)
        m functions of (a, b), float64.
    keys : iterable of int
        Frequencies from 1 to p // 2.

    Returns
    -------
    Tensor (p, p, m)

    References
    ----------
    Nanda et al. 2023 (arXiv 2301.05217), section 4.2.

    Examples
    --------
    2 + (-1)^(a + b) for p = 4: the constant is taken out.

    >>> a, b = torch.meshgrid(torch.arange(4), torch.arange(4), indexing="ij")
    >>> values = (2.0 + (-1.0) ** (a + b)).double()[:, :, None]
    >>> part_of_grid(values, [2])[0, :, 0].round(decimals=9).tolist()
    [1.0, -1.0, 1.0, -1.0]
    """
    p = len(values)
    rows = [0, *(row for k in keys for row in range(p)[fourier.rows_of(k, p)])]
    basis, frequency = fourier.basis(p)[rows], fourier.row_frequency(p)[rows]
    of_a, of_b = frequency[:, None], frequency[None, :]
    cells = ((of_a == of_b) | (of_a == 0) | (of_b == 0)) & (of_a + of_b > 0)
    coefficients = (basis @ torch.tensordot(basis, values, dims=1)) * cells[:, :, None]
    return torch.tensordot(basis.T, basis.T @ coefficients, dims=1)
