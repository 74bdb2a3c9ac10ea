"""The largest of several counts, when items fall into equally likely cells."""

from __future__ import annotations

from functools import cache

import numpy as np


@cache
def expected_largest(items: int, cells: int) -> float:
    """Mean of the largest count when `items` fall into `cells` independently, each cell equally likely.

    E max = sum over m >= 0 of (1 - P(max <= m)). P(max <= m) is the coefficient of x^items in (sum over i <= m of q_i x^i)^cells over
    that without a bound, q_i the Poisson probabilities of mean items / cells, which keep all numbers near 1.

    Parameters
    ----------
    items : int
    cells : int
        At least one.

    Returns
    -------
    float

    Examples
    --------
    Two items share one of two cells half of the time.

    >>> expected_largest(2, 2), expected_largest(3, 1), expected_largest(0, 5)
    (1.5, 3.0, 0.0)
    """
    if not items:
        return 0.0
    probabilities = _poisson(items, items / cells)
    whole = _power(probabilities, cells, items)
    expected = 0.0
    for m in range(items):
        below = _power(probabilities[: m + 1], cells, items) / whole
        expected += 1 - below
        if m > items / cells and 1 - below < 1e-12:
            break
    return round(expected, 12)


def _poisson(most: int, mean: float) -> np.ndarray:
    """q_0 .. q_most."""
    steps = np.concatenate([[0.0], np.cumsum(np.log(mean / np.arange(1, most + 1)))])
    return np.exp(steps - mean)


def _power(polynomial: np.ndarray, exponent: int, degree: int) -> float:
    """The coefficient of x^degree in a power of a polynomial, by repeated squaring."""
    result, square = np.ones(1), polynomial
    while exponent:
        if exponent % 2:
            result = np.convolve(result, square)[: degree + 1]
        square, exponent = np.convolve(square, square)[: degree + 1], exponent // 2
    return float(result[degree]) if len(result) > degree else 0.0
