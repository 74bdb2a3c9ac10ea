"""Least-squares fits by waves, and the share of the variance that they explain."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mechgrok.maths.harmonic import fourier

ROUNDING = 1e-9
"""Waves with no entry above this consist of rounding errors."""


def fve(values: Tensor, fitted: Tensor) -> Tensor:
    """Fraction of variance explained, 1 - |y - fit|^2 / |y - mean y|^2, of every column.

    Parameters
    ----------
    values : Tensor (n, m)
        y.
    fitted : Tensor (n, m)

    Returns
    -------
    Tensor (m,)
        Below zero where the mean alone would fit better; NaN or -inf for a column without variance.

    Examples
    --------
    >>> fve(torch.tensor([[1.0], [3.0]]), torch.tensor([[1.0], [2.0]])).tolist()
    [0.5]
    """
    return 1 - (values - fitted).square().sum(0) / (values - values.mean(0)).square().sum(0)


def slope(values: Tensor, wave: Tensor) -> Tensor:
    """The c that minimises |y - c wave|, for every column y.

    Parameters
    ----------
    values : Tensor (n, m)
        y in columns.
    wave : Tensor (n,)
        Of order one.

    Returns
    -------
    Tensor (m,)
        0 where the wave is zero up to rounding.

    Examples
    --------
    (1 * 2 + 1 * 4) / (1 + 1) = 3.

    >>> slope(torch.tensor([[2.0], [4.0]]), torch.tensor([1.0, 1.0])).tolist()
    [3.0]
    """
    return _without_rounding(wave) @ values / wave.square().sum().clamp_min(ROUNDING)


def correlation_squared(values: Tensor, wave: Tensor) -> Tensor:
    """Squared Pearson correlation of every column with a wave.

    Parameters
    ----------
    values : Tensor (n, m)
    wave : Tensor (n,)

    Returns
    -------
    Tensor (m,)
        NaN where the column or the wave is constant.

    Examples
    --------
    A straight line and a wave at right angles to it.

    >>> correlation_squared(torch.tensor([[1.0, 1.0], [2.0, 4.0], [3.0, 1.0]]), torch.tensor([3.0, 2.0, 1.0])).tolist()
    [1.0, 0.0]
    """
    centred, along = values - values.mean(0), wave - wave.mean()
    return (along @ centred).square() / (along.square().sum() * centred.square().sum(0))


@dataclass(frozen=True)
class Differences:
    """Fits of functions of (a, b) by const + alpha (cos w_k a - cos w_k b) + beta (sin w_k a - sin w_k b), for every k.

    Attributes
    ----------
    constant : Tensor (m,)
    alpha : Tensor (p // 2, m)
    beta : Tensor (p // 2, m)
        0 for k = p / 2, which has no sine.
    explained : Tensor (p // 2, m)
        Sum of squares that each frequency explains.
    total : Tensor (m,)
        Sum of squares around the mean.
    """

    constant: Tensor
    alpha: Tensor
    beta: Tensor
    explained: Tensor
    total: Tensor


def differences(values: Tensor) -> Differences:
    """The least-squares fits of functions of (a, b) by differences of waves.

    The three functions are orthogonal over all (a, b), so the fits depend on the margins only.

    Parameters
    ----------
    values : Tensor (p, p, m)

    Returns
    -------
    Differences

    References
    ----------
    Nanda et al. 2023 (arXiv 2301.05217), section 4.3, attention patterns.

    Examples
    --------
    3 (cos w_1 a - cos w_1 b) + 1 modulo 5.

    >>> cosine, _ = difference_wave(5, 1)
    >>> found = differences((3 * cosine + 1)[:, :, None])
    >>> found.constant.round(decimals=9).tolist(), found.alpha[:, 0].abs().round(decimals=9).tolist()
    ([1.0], [3.0, 0.0])
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
    """cos w_k a - cos w_k b and sin w_k a - sin w_k b.

    Parameters
    ----------
    p : int
    k : int
        The frequency.

    Returns
    -------
    cosine, sine : Tensor (p, p)
        By a and b.

    Examples
    --------
    For p = 2, cos w_1 t is 1 and -1.

    >>> difference_wave(2, 1)[0].tolist()
    [[0.0, 2.0], [-2.0, 0.0]]
    """
    cosine, sine = torch.cos(fourier.angles(p, k)), torch.sin(fourier.angles(p, k))
    return cosine[:, None] - cosine, sine[:, None] - sine


def orthonormal(columns: Tensor) -> Tensor:
    """An orthonormal basis of the span of columns.

    Parameters
    ----------
    columns : Tensor (n, m)

    Returns
    -------
    Tensor (n, rank)
        Singular values below 1e-10 of the largest do not count towards the rank.

    Examples
    --------
    >>> orthonormal(torch.tensor([[3.0, 6.0], [4.0, 8.0]], dtype=torch.float64)).abs().round(decimals=9).tolist()
    [[0.6], [0.8]]
    """
    left, singular, _ = torch.linalg.svd(columns, full_matrices=False)
    return left[:, singular > 1e-10 * singular.amax()] if columns.numel() else columns


def share(values: Tensor, waves: Tensor) -> Tensor:
    """Share of the variance of every column that waves and a constant explain by least squares.

    Parameters
    ----------
    values : Tensor (n, m)
    waves : Tensor (n, waves)
        Of order one; a wave that is zero up to rounding is left out.

    Returns
    -------
    Tensor (m,)
        From 0 to 1; NaN for a constant column.

    Examples
    --------
    >>> share(torch.tensor([[1.0, 1.0], [2.0, 4.0], [3.0, 1.0]]), torch.tensor([[1.0], [0.0], [-1.0]])).round(decimals=5).tolist()
    [1.0, 0.0]
    """
    directions = orthonormal(_without_rounding(waves - waves.mean(0)))
    centred = values - values.mean(0)
    return (directions.T @ centred).square().sum(0) / centred.square().sum(0)


def _without_rounding(waves: Tensor) -> Tensor:
    """Waves of order one (n, ...), with those set to zero that consist of rounding errors: the sine of k = p / 2, for example."""
    return waves * (waves.abs().amax(0) > ROUNDING)
