"""Distances of rows from a description of trusted rows."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from mechgrok.maths.harmonic import ablation


def mahalanobis(values: Tensor, trusted: Tensor, ridge: float) -> Tensor:
    """sqrt((x - mu)^T (S + ridge tr S / m)^-1 (x - mu)) of every row, with mu and S of the trusted rows.

    The ridge keeps distances finite along directions in which trusted rows do not vary, such as dead neurons.

    Parameters
    ----------
    values : Tensor (n, m)
        x in rows, float64.
    trusted : Tensor (n,) of bool
    ridge : float

    Returns
    -------
    Tensor (n,)
        0 where no trusted row varies.

    Examples
    --------
    Trusted rows 1 and 3 have the mean 2 and the population variance 1.

    >>> mahalanobis(torch.tensor([[1.0], [3.0], [5.0]]).double(), torch.tensor([True, True, False]), 0.0).tolist()
    [1.0, 1.0, 3.0]
    """
    known = values[trusted]
    centred = values - known.mean(0)
    S = known.T.cov(correction=0).reshape(values.shape[1], -1)
    scale = S.trace() / len(S)
    if scale <= 0:
        return torch.zeros(len(values), dtype=values.dtype)
    root = torch.linalg.cholesky(S + ridge * scale * torch.eye(len(S), dtype=S.dtype))
    return torch.linalg.solve_triangular(root, centred.T, upper=False).norm(dim=0)


def waves_of(p: int, keys: Iterable[int], elements: Tensor) -> Tensor:
    """1, cos w_k t and sin w_k t of elements t of Z_p.

    Parameters
    ----------
    p : int
    keys : iterable of int
        Frequencies k.
    elements : Tensor (n,)
        t.

    Returns
    -------
    Tensor (n, 1 + 2 keys)
        Float64.

    Examples
    --------
    t = 2 modulo 4 is half a turn.

    >>> waves_of(4, [1], torch.tensor([2])).round(decimals=9).abs().tolist()
    [[1.0, 1.0, 0.0]]
    """
    chosen = list(keys)
    rows = ablation.waves(p, chosen) * (p / 2) ** 0.5 if chosen else torch.zeros(0, p, dtype=torch.float64)
    return torch.cat([torch.ones(1, p, dtype=torch.float64), rows])[:, elements].T


def polynomials(p: int, keys: Iterable[int], operands: Tensor) -> Tensor:
    """The degree-2 polynomials of each key frequency, {1, cos, sin}(a) x {1, cos, sin}(b).

    Parameters
    ----------
    p : int
    keys : iterable of int
        Frequencies.
    operands : Tensor (n, 2)
        a and b.

    Returns
    -------
    Tensor (n, 1 + 8 keys)
        Float64; the first column is 1.

    References
    ----------
    Nanda et al. 2023 (arXiv 2301.05217), section 4.2.

    Examples
    --------
    At a = b = 0: 1, then cos b, sin b, cos a, cos a cos b, ...

    >>> polynomials(4, [1], torch.tensor([[0, 0]])).round(decimals=9).tolist()
    [[1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]]
    """
    columns = [torch.ones(len(operands), 1, dtype=torch.float64)]
    for k in keys:
        a, b = (waves_of(p, [k], operands[:, i]) for i in (0, 1))
        columns.append((a[:, :, None] * b[:, None, :]).flatten(1)[:, 1:])
    return torch.cat(columns, dim=1)


def misfit(values: Tensor, columns: Tensor, trusted: Tensor) -> Tensor:
    """|x - fit| of every row, for the least-squares fit of the trusted rows.

    Parameters
    ----------
    values : Tensor (n, m)
        x in rows, float64.
    columns : Tensor (n, q)
        The functions that x is fitted by.
    trusted : Tensor (n,) of bool

    Returns
    -------
    Tensor (n,)

    Examples
    --------
    The mean of the trusted rows is 2.

    >>> values, columns = torch.tensor([[1.0], [3.0], [7.0]]).double(), torch.ones(3, 1).double()
    >>> misfit(values, columns, torch.tensor([True, True, False])).round(decimals=9).tolist()
    [1.0, 1.0, 5.0]
    """
    fit = torch.linalg.pinv(columns[trusted]) @ values[trusted]
    return (values - columns @ fit).norm(dim=1)


def remainder(values: Tensor, columns: Tensor) -> Tensor:
    """x less its least-squares fit by given columns.

    Parameters
    ----------
    values : Tensor (n, m)
        x, float64.
    columns : Tensor (n, q)

    Returns
    -------
    Tensor (n, m)

    Examples
    --------
    >>> remainder(torch.tensor([[1.0], [3.0]]).double(), torch.ones(2, 1).double()).round(decimals=9).tolist()
    [[-1.0], [1.0]]
    """
    return values - columns @ (torch.linalg.pinv(columns) @ values)


def profile(logits: Tensor, phase: Tensor, rows: Tensor) -> Tensor:
    """g(d) = mean over given rows of L[n, phase + d].

    Parameters
    ----------
    logits : Tensor (n, p)
        L.
    phase : Tensor (n,)
        The phase of each row.
    rows : Tensor (n,) of bool
        The rows that enter the mean.

    Returns
    -------
    Tensor (p,)

    Examples
    --------
    >>> profile(torch.tensor([[3.0, 1.0], [2.0, 5.0]]), torch.tensor([0, 1]), torch.tensor([True, True])).tolist()
    [4.0, 1.5]
    """
    p = logits.shape[1]
    shifted = (phase[rows, None] + torch.arange(p)) % p
    return logits[rows].gather(1, shifted).mean(0)


def off_profile(logits: Tensor, phase: Tensor, keys: Iterable[int], trusted: Tensor) -> Tensor:
    """|L[n, c] - mean_c L[n, c] - g_K(c - phase)| over c of every row, with g_K the key frequencies of the trusted rows' profile.

    g_K is the least-squares fit over the trusted rows by cos and sin of w_k(c - phase), which are orthogonal as c runs over Z_p.

    Parameters
    ----------
    logits : Tensor (n, p)
        L, float64.
    phase : Tensor (n,)
        The phase of each row.
    keys : iterable of int
        Frequencies.
    trusted : Tensor (n,) of bool

    Returns
    -------
    Tensor (n,)

    Examples
    --------
    The trusted row is a wave of c - phase; the other one is its negative, 2 (1, -1) away.

    >>> logits = torch.tensor([[3.0, 1.0], [3.0, 1.0]]).double()
    >>> off_profile(logits, torch.tensor([0, 1]), [1], torch.tensor([True, False])).square().round(decimals=9).tolist()
    [0.0, 8.0]
    """
    p = logits.shape[1]
    kept = ablation.part_of_rows(profile(logits, phase, trusted), keys)
    expected = kept[(torch.arange(p) - phase[:, None]) % p]
    return (logits - logits.mean(1, keepdim=True) - expected).norm(dim=1)


def mean_of_each(values: Tensor, groups: Tensor, count: int) -> Tensor:
    """Means of the rows of each group.

    Parameters
    ----------
    values : Tensor (n, m)
    groups : Tensor (n,)
        Integers from 0.
    count : int
        The number of groups.

    Returns
    -------
    Tensor (count, m)
        0 for a group without rows.

    Examples
    --------
    >>> mean_of_each(torch.tensor([[1.0], [3.0], [7.0]]), torch.tensor([0, 0, 2]), 3).tolist()
    [[2.0], [0.0], [7.0]]
    """
    sums = values.new_zeros(count, values.shape[1]).index_add_(0, groups, values)
    return sums / torch.bincount(groups, minlength=count).clamp_min(1)[:, None]
