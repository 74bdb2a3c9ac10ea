"""Logits as sums of cos w_k(phase - c).

A table of n rows has a phase s in Z_p for every row (a + b, a - b, ...). What a projection on functions of (s, c) keeps depends
on the logits only through their sums over the rows of equal phase, a (p, p) array: everything here is made of that array.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from mechgrok.maths.harmonic import fourier


def phase_sums(logits: Tensor, phase: Tensor, p: int) -> Tensor:
    """T[s, c] = sum of logits[n, c] over the rows n of phase s: (n, p), (n,) -> (p, p) float64."""
    return torch.zeros(p, logits.shape[1], dtype=torch.float64).index_add_(0, phase, logits.double())


def cube_coefficients(sums: Tensor, counts: Tensor) -> Tensor:
    """<u_k, L> for k = 1 .. p // 2, where u_k = cos w_k(phase - c) scaled to unit length over the table (p // 2,).

    `sums` (p, p) from phase_sums, `counts` (p,) the rows of each phase. The u_k are orthogonal because c runs over all of Z_p.
    Nanda et al. 2023 (arXiv 2301.05217), section 4.2; Chughtai et al. 2023 (arXiv 2302.03025), section 5.1.
    """
    p = len(sums)
    shift = (torch.arange(p)[:, None] + torch.arange(p)) % p
    profile = sums.gather(1, shift).sum(0)
    waves = torch.stack([torch.cos(fourier.angles(p, k)) for k in fourier.frequencies(p)])
    return waves @ profile / (counts.sum() * waves.square().sum(1)).sqrt()


def cube_part(sums: Tensor, counts: Tensor, keys: Iterable[int]) -> Tensor:
    """The sum of <u_k, L> u_k over `keys`, as a function of (phase, c): (p, p)."""
    p = len(sums)
    difference = (torch.arange(p)[:, None] - torch.arange(p)) % p
    scales = cube_coefficients(sums, counts)
    part = torch.zeros(p, p, dtype=torch.float64)
    for k in keys:
        wave = torch.cos(fourier.angles(p, k))
        part += scales[k - 1] * wave[difference] / (counts.sum() * wave.square().sum()).sqrt()
    return part


def phase_part(sums: Tensor, counts: Tensor, keys: Iterable[int]) -> Tensor:
    """The projection of every output's logits on cos and sin w_k(phase), k in `keys`, as a function of (phase, c): (p, p).

    Rows of the table with equal phase are one point of weight `counts`. Where the phases are not uniform over the table the
    cosines and sines are not orthogonal, so the projection goes through an orthonormal basis of their span.
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
