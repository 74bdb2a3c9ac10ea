"""Where a curve leaves its level, and where its fall comes to rest."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def half_way(values: ArrayLike) -> int:
    """First index at which a curve is at or below the middle of its highest and its lowest value."""
    y = np.asarray(values, dtype=float)
    return int(np.flatnonzero(y <= (y.max() + y.min()) / 2)[0])


def departure(values: ArrayLike, share: float = 0.1) -> int:
    """Last index before a curve's fall at which it has done at most `share` of it.

    With h the half-way index, m the highest value up to h and l the lowest of all, progress = (m - y) / (m - l); the answer is
    the last index from m's to h's with progress <= share. What comes after the fall does not matter, nor noise below `share`.
    """
    y = np.asarray(values, dtype=float)
    half = half_way(y)
    start = int(np.argmax(y[: half + 1]))
    fall = y[start] - y.min()
    return start + int(np.flatnonzero(y[start] - y[start : half + 1] <= share * fall)[-1])


def knee(steps: ArrayLike, values: ArrayLike) -> tuple[int, float]:
    """Index at which a falling curve lies farthest below its chord, and how far, as a share of its fall.

    depth_i = (y_0 - y_i) / (y_0 - min y) - (t_i - t_0) / (t_end - t_0): 0 for a straight fall, near 1 for a sudden one followed by
    rest; after Satopaa et al. 2011, "Finding a kneedle in a haystack", section III. Depth 0 where nothing falls.
    """
    t, y = np.asarray(steps, dtype=float), np.asarray(values, dtype=float)
    fall, duration = y[0] - y.min(), t[-1] - t[0]
    if fall <= 0:
        return 0, 0.0
    depth = (y[0] - y) / fall - (t - t[0]) / duration
    return int(np.argmax(depth)), float(depth.max())
