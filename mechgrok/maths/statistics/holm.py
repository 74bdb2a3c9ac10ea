"""Corrected p-values of several comparisons."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """p-values corrected after Holm (1979), Scand. J. Stat. 6, 65: the i-th smallest of m times m - i + 1, made ascending, at most 1.

    Parameters
    ----------
    p : array_like (m,)
        A comparison that was not tested is NaN, stays NaN, and does not count.

    Returns
    -------
    ndarray (m,)

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p, dtype=float)
    order = [index for index in np.argsort(values) if not np.isnan(values[index])]
    corrected = values.copy()
    factors = len(order) - np.arange(len(order))
    corrected[order] = np.minimum(1, np.maximum.accumulate(values[order] * factors))
    return corrected
