"""Fewer readings of a long curve, with its spikes kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def thinned(values: ArrayLike, limit: int = 500) -> NDArray[np.intp]:
    """Indices of the lowest and the highest reading in each of about 2 `limit` stretches, and of the first and last one.

    Half of the stretches are equally long, half grow geometrically, so that the curve keeps its shape on linear and logarithmic axes.

    Parameters
    ----------
    values : array_like (n,)
    limit : int, default 500

    Returns
    -------
    ndarray (m,) of int
        Ascending; m is at most 4 `limit` + 2, and all indices are kept where n is not larger.

    Examples
    --------
    One spike among 1000 readings is kept.

    >>> curve = np.zeros(1000)
    >>> curve[617] = 1.0
    >>> kept = thinned(curve, limit=10)
    >>> len(kept) <= 42, 617 in kept
    (True, True)
    """
    y = np.asarray(values, dtype=float)
    n = len(y)
    if n <= 4 * limit + 2:
        return np.arange(n)
    edges = np.concatenate([np.linspace(0, n, limit + 1), np.geomspace(1, n, limit)]).astype(int)
    starts = np.unique(edges)[:-1]
    ends = np.append(starts[1:], n)
    extremes = [low + pick(y[low:high]) for low, high in zip(starts, ends, strict=True) for pick in (np.argmin, np.argmax)]
    return np.unique([*extremes, n - 1])
