"""Conditioning of the cosine and sine of a frequency on some rows of a table."""

from __future__ import annotations

import torch
from torch import Tensor

from mechgrok.maths.harmonic import fourier


def second_moments(phase: Tensor, p: int) -> Tensor:
    """R_k = |mean over rows of exp(2 i w_k s)| for k = 1 .. p // 2.

    The Gram matrix of cos w_k s and sin w_k s, over the number of rows, has the eigenvalues (1 + R_k) / 2 and (1 - R_k) / 2.

    Parameters
    ----------
    phase : Tensor (n,), int64
        s of each row, from 0 to p - 1.
    p : int

    Returns
    -------
    Tensor (p // 2,)
        From 0 to 1; NaN for k = p / 2, whose sine is zero, and without rows.

    Examples
    --------
    Over all phases cosine and sine are orthogonal and of equal size; on one phase they are one direction.

    >>> second_moments(torch.arange(5), 5).round(decimals=9).tolist(), second_moments(torch.tensor([3]), 5).round(decimals=9).tolist()
    ([0.0, 0.0], [1.0, 1.0])
    """
    counts = torch.bincount(phase, minlength=p).double()
    waves = torch.stack([torch.exp(1j * fourier.angles(p, 2 * k)) for k in fourier.frequencies(p)])
    found = (waves @ counts.to(waves.dtype)).abs() / counts.sum()
    found[torch.tensor([2 * k == p for k in fourier.frequencies(p)])] = torch.nan
    return found


def expected_square(rows: int, drawn: int) -> float:
    """Mean of R_k^2 over all choices of rows from a table in which every phase is equally frequent.

    (N - n) / (n (N - 1)): the variance of a mean without replacement of numbers of modulus 1 and mean 0.

    Parameters
    ----------
    rows : int
        N, rows of the table.
    drawn : int
        n, rows that are drawn, at least one.

    Returns
    -------
    float

    Examples
    --------
    >>> expected_square(9, 1), expected_square(9, 9)
    (1.0, 0.0)
    """
    return (rows - drawn) / (drawn * (rows - 1))
