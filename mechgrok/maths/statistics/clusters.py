"""Errors and intervals of means over rows that come in clusters, such as questions about the same thing."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

WIDTH = 1.959963984540054
"""Standard errors to either side of a 95 % interval."""
Interval = tuple[np.ndarray, np.ndarray]
"""Lower and upper ends."""


def clustered_error(values: np.ndarray, clusters: np.ndarray) -> float:
    """Standard error of a mean where rows of one cluster may depend on each other.

    sqrt(G / (G - 1) sum_g (sum_{i in g} (y_i - mean y))^2) / n for G clusters. With one row in each cluster it is the standard error
    of a mean of independent rows.

    Parameters
    ----------
    values : ndarray (n,)
    clusters : ndarray (n,)
        The cluster of each row, any integers.

    Returns
    -------
    float
        NaN for fewer than two clusters.

    References
    ----------
    Liang and Zeger 1986, "Longitudinal data analysis using generalized linear models", with the correction G / (G - 1).

    Examples
    --------
    Two clusters whose sums lie 1 below and 1 above their expectation: sqrt(2 / 1 * (1 + 1)) / 4.

    >>> clustered_error(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0, 0, 1, 1]))
    0.5
    """
    count = len(np.unique(clusters))
    if count < 2:
        return float("nan")
    index = np.unique(clusters, return_inverse=True)[1].ravel()
    sums = np.bincount(index, weights=values - values.mean())
    return float(np.sqrt(count / (count - 1) * (sums**2).sum()) / len(values))


def share_interval(share: ArrayLike, error: ArrayLike, clusters: ArrayLike) -> Interval:
    """The 95 % Wilson interval of a share of clustered rows, within [0, 1].

    (q + z^2 / 2m -+ z sqrt(q (1 - q) / m + z^2 / 4m^2)) / (1 + z^2 / m), where m = q (1 - q) / error^2 is the number of independent
    rows that would have the same error. Where the error is 0 (all rows right, or none) it does not determine m: then m = `clusters`, as if
    each cluster counted as one row.

    Parameters
    ----------
    share : array_like (...)
        q, from 0 to 1.
    error : array_like (...)
        Its standard error, as from `clustered_error`.
    clusters : array_like (...)
        The number of clusters.

    Returns
    -------
    low, high : ndarray (...)
        NaN where the error is NaN.

    References
    ----------
    Wilson 1927, "Probable inference, the law of succession, and statistical inference"; Kott and Carr 1997, "Developing an estimation
    strategy for a pesticide data program", for the effective number of rows.

    Examples
    --------
    All rows right, in as many clusters as z^2 is: from 1 / (1 + 1) to 1.

    >>> low, high = share_interval(1.0, 0.0, WIDTH**2)
    >>> float(low), float(high)
    (0.5, 1.0)
    """
    q, error = np.asarray(share, dtype=float), np.asarray(error, dtype=float)
    spread = q * (1 - q)
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = np.where((error == 0) | (spread == 0), 0 * error + 1 / np.asarray(clusters, dtype=float), error**2 / spread)
    drift = WIDTH**2 * inverse
    middle, half = q + drift / 2, np.sqrt(drift * (spread + drift / 4))
    return (middle - half) / (1 + drift), (middle + half) / (1 + drift)


def difference_interval(one: ArrayLike, of_one: Interval, other: ArrayLike, of_other: Interval) -> Interval:
    """The 95 % interval of a difference of two independent shares, from their own intervals, within [-1, 1].

    For shares q in [l, u] and q' in [l', u']: from q - q' - sqrt((q - l)^2 + (u' - q')^2) to q - q' + sqrt((u - q)^2 + (q' - l')^2).

    Parameters
    ----------
    one, other : array_like (...)
        The shares q and q'.
    of_one, of_other : tuple of ndarray (...)
        Their 95 % intervals, as from `share_interval`.

    Returns
    -------
    low, high : ndarray (...)

    References
    ----------
    Newcombe 1998, "Interval estimation for the difference between independent proportions", method 10.

    Examples
    --------
    >>> low, high = difference_interval(1.0, (np.array(0.7), np.array(1.0)), 0.0, (np.array(0.0), np.array(0.4)))
    >>> float(low), float(high)
    (0.5, 1.0)
    """
    q, q_other = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    (low, high), (low_other, high_other) = of_one, of_other
    middle = q - q_other
    return middle - np.hypot(q - low, high_other - q_other), middle + np.hypot(high - q, q_other - low_other)
