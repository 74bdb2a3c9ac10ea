"""Fewer readings of a long curve, with its spikes kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def thinned(values: ArrayLike, limit: int = 500) -> NDArray[np.intp]:
    """Indices, ascending, of the lowest and the highest reading in each of about 2 `limit` stretches, and of the first and last one.

    Half of the stretches are equally long, half grow geometrically, so that the curve keeps its shape on either kind of axis.
    At most 4 `limit` + 2 indices; all of them for a curve of that length or less.
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
