"""Embeddings as sums of waves of a phase, and the position of other vectors in the planes of these waves."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def energies(embedding: Tensor, phase: Tensor, order: int) -> Tensor:
    """Share of the variance of an embedding that each frequency of a phase f explains.

    Each frequency is fitted by itself, by least squares on a constant, cos w_k f and sin w_k f. Where the waves are not orthogonal over the
    phases that occur, as over squares, the shares overlap and may add up to more than 1.

    Parameters
    ----------
    embedding : Tensor (n, d)
        Float64.
    phase : Tensor (n,)
        f of each row, integers.
    order : int
        The modulus of the phase.

    Returns
    -------
    Tensor (order // 2,)
        By frequency from 1 on; zeros for a constant embedding.

    Examples
    --------
    A cosine of frequency 2 modulo 5.

    >>> phase = torch.arange(5)
    >>> energies(angles([2], phase, 5).cos(), phase, 5).round(decimals=9).tolist()
    [0.0, 1.0]
    """
    centred = embedding - embedding.mean(0)
    total = centred.square().sum()
    shares = [((w := _waves([k], phase, order)) @ torch.linalg.pinv(w) @ centred).square().sum() for k in range(1, order // 2 + 1)]
    return torch.stack(shares) / total if total > 0 else torch.zeros(order // 2, dtype=embedding.dtype)


def coordinates(embedding: Tensor, phase: Tensor, order: int, frequencies: list[int], vectors: Tensor) -> Tensor:
    """The position of vectors in the planes that the waves of an embedding span.

    embedding = u_0 + sum_k u_k cos w_k f + v_k sin w_k f by least squares over all given frequencies at once. A vector is then the least
    squares x = u_0 + sum_k a_k u_k + b_k v_k, returned as a_k + i b_k times the size sqrt((|u_k|^2 + |v_k|^2) / 2) of its plane. Rows of
    an embedding that is such a sum are at exp(i w_k f) times that size.

    Parameters
    ----------
    embedding : Tensor (n, d)
        Float64.
    phase : Tensor (n,)
        f of each row, integers.
    order : int
        The modulus of the phase.
    frequencies : list of int
    vectors : Tensor (m, d)
        Float64.

    Returns
    -------
    Tensor (m, frequencies) of complex

    Examples
    --------
    On the unit circle the vector of phase 1 modulo 4 is at i.

    >>> phase = torch.arange(4)
    >>> angle = angles([1], phase, 4)
    >>> circle = torch.cat([angle.cos(), angle.sin()], dim=1)
    >>> found = coordinates(circle, phase, 4, [1], circle[1:2])
    >>> round(found.item().real, 9) + 0, round(found.item().imag, 9)
    (0.0, 1.0)
    """
    design = torch.cat([torch.ones(len(phase), 1, dtype=embedding.dtype), _raw(frequencies, phase, order)], dim=1)
    solved = torch.linalg.pinv(design) @ embedding
    found = ((vectors - solved[0]) @ torch.linalg.pinv(solved[1:])).unflatten(1, (len(frequencies), 2))
    sizes = (solved[1:].square().sum(1).unflatten(0, (len(frequencies), 2)).sum(1) / 2).sqrt()
    return torch.view_as_complex(found.contiguous()) * sizes


def angles(frequencies: list[int], phase: Tensor, order: int) -> Tensor:
    """w_k f = 2 pi k f / order, reduced modulo the order in integers first.

    Parameters
    ----------
    frequencies : list of int
    phase : Tensor (n,)
        f, integers.
    order : int

    Returns
    -------
    Tensor (n, frequencies)
        Radians, float64.

    Examples
    --------
    3 * 2 = 6 is 1 modulo 5.

    >>> (angles([3], torch.tensor([2]), 5) * 5 / (2 * math.pi)).round(decimals=9).tolist()
    [[1.0]]
    """
    return 2 * math.pi * (torch.outer(phase, torch.tensor(frequencies)) % order).double() / order


def _raw(frequencies: list[int], phase: Tensor, order: int) -> Tensor:
    turned = angles(frequencies, phase, order)
    return torch.stack([turned.cos(), turned.sin()], dim=2).flatten(1)


def _waves(frequencies: list[int], phase: Tensor, order: int) -> Tensor:
    """Cosines and sines less their means over the rows, so that a constant explains nothing."""
    waves = _raw(frequencies, phase, order)
    return waves - waves.mean(0)
