"""Embeddings as sums of waves of a phase, and where in these waves another vector lies."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def energies(embedding: Tensor, phase: Tensor, order: int) -> Tensor:
    """Share of the variance of an embedding (n, d) that each frequency of a phase (n,) modulo `order` explains (order // 2,).

    Each frequency by itself, by least squares on a constant, cos w_k f and sin w_k f. Shares overlap, and so may add up to more than 1,
    where the waves are not orthogonal over the phases that there are, as over squares.
    """
    centred = embedding - embedding.mean(0)
    total = centred.square().sum()
    shares = [((w := _waves([k], phase, order)) @ torch.linalg.pinv(w) @ centred).square().sum() for k in range(1, order // 2 + 1)]
    return torch.stack(shares) / total if total > 0 else torch.zeros(order // 2, dtype=embedding.dtype)


def coordinates(embedding: Tensor, phase: Tensor, order: int, frequencies: list[int], vectors: Tensor) -> Tensor:
    """Where vectors (m, d) lie in the planes that the waves of an embedding (n, d) span, as complex numbers (m, frequencies).

    embedding = u_0 + sum_k u_k cos w_k f + v_k sin w_k f by least squares over all these frequencies at once; a vector is then the least
    squares x = u_0 + sum_k a_k u_k + b_k v_k, given as a_k + i b_k, times the size sqrt((|u_k|^2 + |v_k|^2) / 2) of its plane. An
    embedding that is such a sum has exp(i w_k f) times that size.
    """
    design = torch.cat([torch.ones(len(phase), 1, dtype=embedding.dtype), _raw(frequencies, phase, order)], dim=1)
    solved = torch.linalg.pinv(design) @ embedding
    found = ((vectors - solved[0]) @ torch.linalg.pinv(solved[1:])).unflatten(1, (len(frequencies), 2))
    sizes = (solved[1:].square().sum(1).unflatten(0, (len(frequencies), 2)).sum(1) / 2).sqrt()
    return torch.view_as_complex(found.contiguous()) * sizes


def angles(frequencies: list[int], phase: Tensor, order: int) -> Tensor:
    """w_k f = 2 pi k f / order, exact to the last digit (n, frequencies)."""
    return 2 * math.pi * (torch.outer(phase, torch.tensor(frequencies)) % order).double() / order


def _raw(frequencies: list[int], phase: Tensor, order: int) -> Tensor:
    turned = angles(frequencies, phase, order)
    return torch.stack([turned.cos(), turned.sin()], dim=2).flatten(1)


def _waves(frequencies: list[int], phase: Tensor, order: int) -> Tensor:
    """Less their means, so that a constant explains nothing."""
    waves = _raw(frequencies, phase, order)
    return waves - waves.mean(0)
