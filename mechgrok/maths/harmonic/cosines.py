"""Logits as sums of cos w_k(phase - c).

A table of n rows has a phase s in Z_p for every row (a + b, a - b, ...). A projection on functions of (s, c) depends on the logits only
through their sums over the rows of equal phase, a (p, p) array, from which everything here is computed.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from mechgrok.maths.harmonic import fourier


def phase_sums(logits: Tensor, phase: Tensor, p: int) -> Tensor:
    """T[s, c] = sum of logits[n, c] over the rows n of phase s.

    Parameters
    ----------
    logits : Tensor (n, p)
    phase : Tensor (n,)
        s of each row, integers from 0 to p - 1.
    p : int

    Returns
    -------
    Tensor (p, p)
        Float64.

    Examples
    --------
    >>> phase_sums(torch.tensor([[1.0, 2.0], [10.0, 20.0], [3.0, 4.0]]), torch.tensor([0, 1, 0]), 2).tolist()
    [[4.0, 6.0], [10.0, 20.0]]
    """
    return torch.zeros(p, logits.shape[1], dtype=torch.float64).index_add_(0, phase, logits.double())


def cube_coefficients(sums: Tensor, counts: Tensor) -> Tensor:
    """Coefficients <u_k, L> for k = 1 .. p // 2, where u_k = cos w_k(phase - c), scaled to unit length over the table.

    The u_k are orthogonal because c runs over all of Z_p.

    Parameters
    ----------
    sums : Tensor (p, p)
        As from `phase_sums`.
    counts : Tensor (p,)
        The number of rows of each phase.

    Returns
    -------
    Tensor (p // 2,)
        In the unit of the logits.

    References
    ----------
    Nanda et al. 2023 (arXiv 2301.05217), section 4.2; Chughtai et al. 2023 (arXiv 2302.03025), section 5.1.

    Examples
    --------
    p = 2 and one row of each phase: u_1 is +-1/2, and (3 + 3 - 1 - 1) / 2 = 2.

    >>> cube_coefficients(torch.tensor([[3.0, 1.0], [1.0, 3.0]], dtype=torch.float64), torch.tensor([1.0, 1.0])).tolist()
    [2.0]
    """
    p = len(sums)
    shift = (torch.arange(p)[:, None] + torch.arange(p)) % p
    profile = sums.gather(1, shift).sum(0)
    waves = torch.stack([torch.cos(fourier.angles(p, k)) for k in fourier.frequencies(p)])
    return waves @ profile / (counts.sum() * waves.square().sum(1)).sqrt()


def cube_part(sums: Tensor, counts: Tensor, keys: Iterable[int]) -> Tensor:
    """The sum of <u_k, L> u_k over `keys`, as a function of (phase, c).

    Parameters
    ----------
    sums : Tensor (p, p)
        As from `phase_sums`.
    counts : Tensor (p,)
        The number of rows of each phase.
    keys : iterable of int
        Frequencies from 1 to p // 2.

    Returns
    -------
    Tensor (p, p)

    Examples
    --------
    The coefficient 2 (see `cube_coefficients`) times u_1 = +-1/2.

    >>> cube_part(torch.tensor([[3.0, 1.0], [1.0, 3.0]], dtype=torch.float64), torch.tensor([1.0, 1.0]), [1]).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    p = len(sums)
    difference = (torch.arange(p)[:, None] - torch.arange(p)) % p
    scales = cube_coefficients(sums, counts)
    part = torch.zeros(p, p, dtype=torch.float64)
    for k in keys:
        wave = torch.cos(fourier.angles(p, k))
        part += scales[k - 1] * wave[difference] / (counts.sum() * wave.square().sum()).sqrt()
    return part


def phase_part(sums: Tensor, counts: Tensor, keys: Iterable[int]) -> Tensor:
    """The projection of every output's logits on cos and sin w_k(phase), k in `keys`, as a function of (phase, c).

    Rows of the table with equal phase are one point of weight `counts`. Where the phases are not uniform over the table the cosines and
    sines are not orthogonal, so the projection uses an orthonormal basis of their span.

    Parameters
    ----------
    sums : Tensor (p, p)
        As from `phase_sums`.
    counts : Tensor (p,)
        The number of rows of each phase.
    keys : iterable of int
        Frequencies from 1 to p // 2.

    Returns
    -------
    Tensor (p, p)

    Examples
    --------
    Each column less its mean over the phases, for p = 2 and one row of each phase.

    >>> phase_part(torch.tensor([[3.0, 1.0], [1.0, 3.0]], dtype=torch.float64), torch.tensor([1.0, 1.0]), [1]).round(decimals=9).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    p = len(sums)
    rows = [basis_row for k in keys for basis_row in fourier.basis(p)[fourier.rows_of(k, p)]]
    if not rows:
        return torch.zeros_like(sums)
    directions = _orthonormal(torch.stack(rows, dim=1), counts)
    return directions @ (directions.T @ sums)


def _orthonormal(columns: Tensor, weights: Tensor) -> Tensor:
    """Columns with the same span, orthonormal under <x, y> = sum_s weights[s] x[s] y[s] with whole weights; 0 where a weight is 0."""
    root = weights.double().sqrt()[:, None]
    left, singular, _ = torch.linalg.svd(root * columns, full_matrices=False)
    return left[:, singular > 1e-10 * singular[0]] / root.clamp_min(1)
