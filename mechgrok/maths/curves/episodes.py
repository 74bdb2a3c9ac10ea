"""Episodes of a series: stretches of readings that are inside a bad region."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def episodes(steps: ArrayLike, inside: ArrayLike, apart: float = 0) -> list[tuple[int, int]]:
    """First and last index of each stretch of readings that are inside.

    A reading outside ends a stretch, unless the next one inside comes at most `apart` steps after the last one.
    """
    at, indices = np.asarray(steps), np.flatnonzero(np.asarray(inside, dtype=bool))
    if not len(indices):
        return []
    new = (np.diff(indices) > 1) & (np.diff(at[indices]) > apart)
    return [(int(part[0]), int(part[-1])) for part in np.split(indices, np.flatnonzero(new) + 1)]
