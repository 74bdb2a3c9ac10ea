"""The t-test of paired differences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Difference:
    """A mean difference of paired samples.

    Attributes
    ----------
    mean, low, high : float
        The mean and its 95 % interval.
    p : float
        The two-sided p-value of a mean of 0.
    """

    mean: float
    low: float
    high: float
    p: float


def t_test(differences: ArrayLike) -> Difference:
    """The two-sided paired t-test ("Student" 1908, Biometrika 6, 1).

    Parameters
    ----------
    differences : array_like (n,)
        At least two. Equal ones have no standard error: p is 1 if they are 0, else 0.

    Returns
    -------
    Difference

    Examples
    --------
    >>> found = t_test([1.0, 2.0, 3.0])
    >>> found.mean, round(found.p, 4)
    (2.0, 0.0742)
    """
    from scipy.stats import ttest_1samp  # type: ignore[import-untyped]

    values = np.asarray(differences, dtype=float)
    mean = float(values.mean())
    if values.std() == 0:
        return Difference(mean, mean, mean, float(mean == 0))
    test = ttest_1samp(values, 0)
    low, high = test.confidence_interval(0.95)
    return Difference(mean, float(low), float(high), float(test.pvalue))
