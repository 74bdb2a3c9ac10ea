"""Power laws fitted to the upper tail of a sample, and the largest eigenvalue of random matrices."""

from __future__ import annotations

import math

import torch
from torch import Tensor

TRACY_WIDOM = 3.2724
"""The .999 quantile of the Tracy-Widom distribution of real matrices."""


def power_law(values: Tensor) -> tuple[float, float, float, int]:
    """A power law x^-alpha above the x_min that minimises the Kolmogorov-Smirnov distance.

    alpha = 1 + m / sum log(x / x_min) over the m values from x_min on; D = max over them of |1 - (x / x_min)^(1 - alpha) - i / m|, i = 0 ..
    m - 1 in ascending order. x_min is the value with the smallest D.

    Parameters
    ----------
    values : Tensor (n,)
        Positive, at least two different ones.

    Returns
    -------
    alpha : float
    x_min : float
    distance : float
        D.
    count : int
        m.

    References
    ----------
    Clauset, Shalizi and Newman 2009 (arXiv 0706.1062).

    Examples
    --------
    Quantiles of a Pareto distribution with alpha = 3.

    >>> sample = (1 - torch.arange(1000, dtype=torch.float64) / 1000) ** -0.5
    >>> alpha, x_min, _, _ = power_law(sample)
    >>> round(alpha, 1), round(x_min, 1)
    (3.0, 1.0)
    """
    x = values.double().sort().values
    fits = [_fit(x[start:]) for start in range(len(x) - 1) if x[start] < x[-1]]
    return min(fits, key=lambda fit: fit[2])


def _fit(tail: Tensor) -> tuple[float, float, float, int]:
    ratio, count = tail / tail[0], len(tail)
    alpha = 1 + count / float(ratio.log().sum())
    empirical = torch.arange(count, dtype=torch.float64) / count
    distance = (1 - ratio ** (1 - alpha) - empirical).abs().max()
    return alpha, float(tail[0]), float(distance), count


def largest_of_random(rows: int, columns: int) -> float:
    """What the largest eigenvalue of W^T W of independent entries of variance 1 exceeds in one of a thousand matrices.

    (sqrt(N) + sqrt(M))^2 + 3.2724 (sqrt(N) + sqrt(M)) (1 / sqrt(N) + 1 / sqrt(M))^(1 / 3), for large N and M.

    Parameters
    ----------
    rows, columns : int
        N and M.

    Returns
    -------
    float

    References
    ----------
    Johnstone 2001, "On the distribution of the largest eigenvalue in principal components analysis".

    Examples
    --------
    >>> round(largest_of_random(100, 100))
    438
    """
    N, M = math.sqrt(rows), math.sqrt(columns)
    return (N + M) ** 2 + TRACY_WIDOM * (N + M) * (1 / N + 1 / M) ** (1 / 3)
