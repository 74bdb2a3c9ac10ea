"""Episodes of a series: stretches of readings at which a condition holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def episodes(steps: ArrayLike, inside: ArrayLike, apart: float = 0) -> list[tuple[int, int]]:
    """First and last index of each stretch of readings at which a condition holds.

    A reading at which it does not hold ends a stretch, unless the next one at which it holds is at most `apart` steps after the last one.

    Parameters
    ----------
    steps : array_like (n,)
        Ascending.
    inside : array_like (n,) of bool
        Whether the condition holds.
    apart : float, default 0
        In steps.

    Returns
    -------
    list of tuple of (int, int)

    Examples
    --------
    >>> episodes([0, 10, 20, 30, 40], [True, True, False, True, False])
    [(0, 1), (3, 3)]
    >>> episodes([0, 10, 20, 30, 40], [True, True, False, True, False], apart=20)
    [(0, 3)]
    """
    at, indices = np.asarray(steps), np.flatnonzero(np.asarray(inside, dtype=bool))
    if not len(indices):
        return []
    new = (np.diff(indices) > 1) & (np.diff(at[indices]) > apart)
    return [(int(part[0]), int(part[-1])) for part in np.split(indices, np.flatnonzero(new) + 1)]
