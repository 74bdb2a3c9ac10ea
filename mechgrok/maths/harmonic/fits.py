"""Least-squares fits by waves, and how much of the variance they explain."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mechgrok.maths.harmonic import fourier

ROUNDING = 1e-9
"""A wave that stays below this is none."""


def fve(values: Tensor, fitted: Tensor) -> Tensor:
    """Fraction of variance explained, 1 - |y - fit|^2 / |y - mean y|^2, for every column: (n, m) and (n, m) -> (m,).

    Below zero where the mean alone would fit better; NaN or -inf for a column without variance.
    """
    return 1 - (values - fitted).square().sum(0) / (values - values.mean(0)).square().sum(0)


def slope(values: Tensor, wave: Tensor) -> Tensor:
    """The c that makes |y - c wave| smallest, for every column: (n, m) and (n,) -> (m,). 0 where the wave, of order one, is rounding."""
    return _without_rounding(wave) @ values / wave.square().sum().clamp_min(ROUNDING)


def correlation_squared(values: Tensor, wave: Tensor) -> Tensor:
    """Squared Pearson correlation of every column with a wave: (n, m) and (n,) -> (m,)."""
    centred, along = values - values.mean(0), wave - wave.mean()
    return (along @ centred).square() / (along.square().sum() * centred.square().sum(0))


@dataclass(frozen=True)
class Differences:
    """Fits of functions of (a, b) by const + alpha (cos w_k a - cos w_k b) + beta (sin w_k a - sin w_k b), for every k."""

    constant: Tensor
    """(m,)"""
    alpha: Tensor
    """(p // 2, m)"""
    beta: Tensor
    """(p // 2, m); 0 for k = p / 2, which has no sine."""
    explained: Tensor
    """Sum of squares that each frequency explains (p // 2, m)."""
    total: Tensor
    """Sum of squares around the mean (m,)."""


def differences(values: Tensor) -> Differences:
    """The least-squares fits of x (p, p, m). The three functions are orthogonal over all (a, b), so they depend on the margins only.

    Nanda et al. 2023 (arXiv 2301.05217), section 4.3, attention patterns.
    """
    p = len(values)
    margins = (values.sum(1) - values.sum(0)).double()
    angles = torch.stack([fourier.angles(p, k) for k in fourier.frequencies(p)])
    cosines, sines = torch.cos(angles), torch.sin(angles)
    if p % 2 == 0:
        sines[-1] = 0
    lengths = 2 * p * torch.stack([cosines.square().sum(1), sines.square().sum(1)])[..., None]
    alpha, beta = cosines @ margins / lengths[0], sines @ margins / lengths[1].clamp_min(1)
    constant = values.mean((0, 1))
    explained = alpha.square() * lengths[0] + beta.square() * lengths[1]
    return Differences(constant, alpha, beta, explained, (values - constant).square().sum((0, 1)))


def difference_wave(p: int, k: int) -> tuple[Tensor, Tensor]:
    """cos w_k a - cos w_k b and sin w_k a - sin w_k b, each (p, p)."""
    cosine, sine = torch.cos(fourier.angles(p, k)), torch.sin(fourier.angles(p, k))
    return cosine[:, None] - cosine, sine[:, None] - sine


def orthonormal(columns: Tensor) -> Tensor:
    """An orthonormal basis of the span of some columns (n, m) -> (n, rank); singular values below 1e-10 of the largest count as none."""
    left, singular, _ = torch.linalg.svd(columns, full_matrices=False)
    return left[:, singular > 1e-10 * singular.amax()] if columns.numel() else columns


def share(values: Tensor, waves: Tensor) -> Tensor:
    """Share of the variance of every column that some waves and a constant explain: (n, m) and (n, waves) -> (m,)."""
    directions = orthonormal(_without_rounding(waves - waves.mean(0)))
    centred = values - values.mean(0)
    return (directions.T @ centred).square().sum(0) / centred.square().sum(0)


def _without_rounding(waves: Tensor) -> Tensor:
    """Waves of order one (n, ...), those zero that are all rounding: the sine of k = p / 2, its second harmonic less the mean."""
    return waves * (waves.abs().amax(0) > ROUNDING)
