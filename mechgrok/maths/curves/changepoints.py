"""Where a curve leaves its level, and where its fall ends."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def half_way(values: ArrayLike) -> int:
    """First index at which a curve is at or below the middle of its highest and its lowest value.

    Parameters
    ----------
    values : array_like (n,)

    Returns
    -------
    int

    Examples
    --------
    The middle of 9 and 1 is 5.

    >>> half_way([9.0, 8.0, 5.0, 2.0, 1.0])
    2
    """
    y = np.asarray(values, dtype=float)
    return int(np.flatnonzero(y <= (y.max() + y.min()) / 2)[0])


def departure(values: ArrayLike, share: float = 0.1) -> int:
    """Last index before a curve's fall at which at most a given share of the fall is done.

    With h the half-way index, m the highest value up to h and l the lowest of all, progress = (m - y) / (m - l). The result is the last
    index from m's to h's with progress <= share. Neither what follows the fall matters, nor noise below `share`.

    Parameters
    ----------
    values : array_like (n,)
    share : float, default 0.1
        From 0 to below 1 / 2.

    Returns
    -------
    int

    Examples
    --------
    The curve falls by 10; a tenth of it is done at index 2.

    >>> departure([10.0, 9.8, 9.0, 4.0, 0.0, 0.5])
    2
    """
    y = np.asarray(values, dtype=float)
    half = half_way(y)
    start = int(np.argmax(y[: half + 1]))
    fall = y[start] - y.min()
    return start + int(np.flatnonzero(y[start] - y[start : half + 1] <= share * fall)[-1])


def knee(steps: ArrayLike, values: ArrayLike) -> tuple[int, float]:
    """Where a falling curve lies farthest below its chord, as a share of its fall.

    depth_i = (y_0 - y_i) / (y_0 - min y) - (t_i - t_0) / (t_end - t_0): 0 for a straight fall, near 1 for a sudden one followed by a
    constant level.

    Parameters
    ----------
    steps : array_like (n,)
        t, ascending.
    values : array_like (n,)
        y.

    Returns
    -------
    index : int
    depth : float
        From 0 to 1; 0 where the curve does not fall.

    References
    ----------
    After Satopaa et al. 2011, "Finding a kneedle in a haystack", section III.

    Examples
    --------
    All of the fall after a quarter of the time: depth 1 - 1 / 4.

    >>> knee([0, 1, 2, 3, 4], [6.0, 1.0, 1.0, 1.0, 1.0])
    (1, 0.75)
    """
    t, y = np.asarray(steps, dtype=float), np.asarray(values, dtype=float)
    fall, duration = y[0] - y.min(), t[-1] - t[0]
    if fall <= 0:
        return 0, 0.0
    depth = (y[0] - y) / fall - (t - t[0]) / duration
    return int(np.argmax(depth)), float(depth.max())
