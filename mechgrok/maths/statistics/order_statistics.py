"""Medians of numbers with intervals, by their order alone."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mechgrok.maths.statistics.censored import FEWEST, Estimate


@cache
def lowest_rank(count: int) -> int:
    """The largest l for which the l-th smallest and the l-th largest of `count` numbers hold the median with probability .95 or more.

    It is 1 - 2 P(X < l) for X binomial with `count` tries of probability 1/2, whatever the distribution of the numbers.

    Parameters
    ----------
    count : int

    Returns
    -------
    int
        0 where the extremes do not suffice.

    Examples
    --------
    >>> [lowest_rank(count) for count in (5, 6, 10, 30)]
    [0, 1, 2, 10]
    """
    from scipy.stats import binom  # type: ignore[import-untyped]

    return int(binom.ppf(0.025, count, 0.5))


def median_of(values: ArrayLike) -> Estimate:
    """The median of numbers, with the 95 % interval of their order statistics for FEWEST or more.

    Parameters
    ----------
    values : array_like (n,)
        NaN is left out.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> median_of([3, 1, 2, 6, 5, 4])
    Estimate(value=3.5, low=1.0, high=6.0)
    >>> median_of([3, 1, 2])
    Estimate(value=2.0, low=nan, high=nan)
    """
    numbers = np.asarray(values, dtype=float)
    known = numbers[~np.isnan(numbers)]
    if not len(known):
        return Estimate(float("nan"))
    middle, low, high = medians(known[:, None])[:, 0]
    return Estimate(float(middle), float(low), float(high))


def medians(curves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median, lower and upper end of its interval at each place of several curves.

    Parameters
    ----------
    curves : ndarray (n, places)

    Returns
    -------
    ndarray (3, places)
        The ends are NaN for fewer than FEWEST curves.

    Examples
    --------
    >>> medians(np.array([[1.0, 5.0], [2.0, 6.0], [3.0, 7.0]]))[0].tolist()
    [2.0, 6.0]
    """
    count = len(curves)
    middle, unknown = np.median(curves, axis=0), np.full(curves.shape[1], np.nan)
    if count < FEWEST:
        return np.stack([middle, unknown, unknown])
    ordered, rank = np.sort(curves, axis=0), lowest_rank(count)
    return np.stack([middle, ordered[rank - 1], ordered[count - rank]])
