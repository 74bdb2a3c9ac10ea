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
    """The frequencies 1 .. p // 2, both included.

    Parameters
    ----------
    p : int

    Returns
    -------
    range

    Examples
    --------
    >>> list(frequencies(7))
    [1, 2, 3]
    """
    return range(1, p // 2 + 1)


def angles(p: int, k: int) -> Tensor:
    """2 pi k t / p for t = 0 .. p - 1, with k t reduced modulo p in integers first.

    Parameters
    ----------
    p : int
    k : int
        The frequency.

    Returns
    -------
    Tensor (p,)
        Radians, float64.

    Examples
    --------
    >>> (angles(5, 2) * 5 / (2 * math.pi)).round(decimals=9).tolist()
    [0.0, 2.0, 4.0, 1.0, 3.0]
    """
    return 2 * math.pi * ((k * torch.arange(p)) % p).double() / p


@cache
def basis(p: int) -> Tensor:
    """The matrix F with F F^T = 1 whose row 2k-1 is cos(w_k t) and row 2k is sin(w_k t), scaled to unit length.

    Parameters
    ----------
    p : int

    Returns
    -------
    Tensor (p, p)
        Float64.

    Examples
    --------
    >>> basis(4)[[0, 3]].tolist()
    [[0.5, 0.5, 0.5, 0.5], [0.5, -0.5, 0.5, -0.5]]
    >>> torch.allclose(basis(7) @ basis(7).T, torch.eye(7, dtype=torch.float64))
    True
    """
    rows = [torch.ones(p, dtype=torch.float64)]
    for k in frequencies(p):
        rows += [torch.cos(angles(p, k)), torch.sin(angles(p, k))]
    stacked = torch.stack(rows)[:p]
    return stacked / stacked.norm(dim=1, keepdim=True)


def rows_of(k: int, p: int) -> slice:
    """The basis rows of a frequency: its cosine and its sine, or the alternating row alone for k = p / 2.

    Parameters
    ----------
    k : int
        The frequency.
    p : int

    Returns
    -------
    slice

    Examples
    --------
    >>> [list(range(6)[rows_of(k, 6)]) for k in (1, 2, 3)]
    [[1, 2], [3, 4], [5]]
    """
    return slice(2 * k - 1, min(2 * k + 1, p))


def row_frequency(p: int) -> Tensor:
    """The frequency of every basis row.

    Parameters
    ----------
    p : int

    Returns
    -------
    Tensor (p,)

    Examples
    --------
    >>> row_frequency(6).tolist()
    [0, 1, 1, 2, 2, 3]
    """
    return (torch.arange(p) + 1) // 2


def coefficients(values: Tensor) -> Tensor:
    """Coefficients F x along the first axis.

    Parameters
    ----------
    values : Tensor (p, ...)
        x.

    Returns
    -------
    Tensor (p, ...)
        Float64.

    Examples
    --------
    (3, 1, 3, 1) has the constant coefficient 8 / 2 and the alternating one 4 / 2.

    >>> coefficients(torch.tensor([3.0, 1.0, 3.0, 1.0])).round(decimals=9).abs().tolist()
    [4.0, 0.0, 0.0, 2.0]
    """
    p = values.shape[0]
    return torch.tensordot(basis(p), values.double(), dims=1)


def power(values: Tensor) -> Tensor:
    """|x_cos k|^2 + |x_sin k|^2 for k = 1 .. p // 2, summed over all other axes.

    Parameters
    ----------
    values : Tensor (p, ...)
        x, along the first axis.

    Returns
    -------
    Tensor (p // 2,)
        Float64.

    Examples
    --------
    cos w_1 t modulo 5 has sum of squares 5 / 2.

    >>> power(torch.cos(angles(5, 1))).round(decimals=9).tolist()
    [2.5, 0.0]
    """
    p = values.shape[0]
    squares = coefficients(values).reshape(p, -1).square().sum(1)
    return torch.zeros(p // 2 + 1, dtype=torch.float64).index_add_(0, row_frequency(p), squares)[1:]


def grid_power(values: Tensor) -> tuple[Tensor, Tensor]:
    """Energy of functions of (a, b) that single frequencies explain, and their energy around the mean.

    Of a frequency k it is the sum of the squared 2-D coefficients in the block {const, cos k, sin k} x {const, cos k, sin k} less the
    constant one: 8 cells, or 3 for k = p / 2.

    Parameters
    ----------
    values : Tensor (p, p, m)
        m functions of (a, b).

    Returns
    -------
    explained : Tensor (p // 2, m)
    variance : Tensor (m,)
        The sum of squares around the mean.

    References
    ----------
    Nanda et al. 2023 (arXiv 2301.05217), section 4.2, "degree-2 polynomials of one frequency".

    Examples
    --------
    cos w_1 a cos w_1 b modulo 5 has sum of squares (5 / 2)^2, all of it at frequency 1.

    >>> wave = torch.cos(angles(5, 1))
    >>> explained, variance = grid_power(torch.outer(wave, wave)[:, :, None])
    >>> explained[:, 0].round(decimals=9).tolist(), variance.round(decimals=9).tolist()
    ([6.25, 0.0], [6.25])
    """
    explained, variance, _ = grid_energies(values)
    return explained, variance


def grid_energies(values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The results of `grid_power`, and the sum of squares of the values, which the same transform gives.

    Parameters
    ----------
    values : Tensor (p, p, m)
        m functions of (a, b).

    Returns
    -------
    explained : Tensor (p // 2, m)
    variance : Tensor (m,)
        The sum of squares around the mean.
    energy : Tensor (m,)
        The sum of squares.

    Examples
    --------
    A constant 2 on 25 pairs has energy 100 and no variance.

    >>> explained, variance, energy = grid_energies(torch.full((5, 5, 1), 2.0))
    >>> variance.round(decimals=9).abs().tolist(), energy.round(decimals=9).tolist()
    ([0.0], [100.0])
    """
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
