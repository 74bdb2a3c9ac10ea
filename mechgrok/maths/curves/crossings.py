"""The first step at which a series reaches a threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def first_crossing(steps: ArrayLike, values: ArrayLike, threshold: float, rising: bool = True, sustained: int = 1) -> int | None:
    """The step of the first of `sustained` consecutive readings at or beyond a threshold.

    Parameters
    ----------
    steps : array_like (n,)
        Ascending.
    values : array_like (n,)
        A NaN is not beyond the threshold.
    threshold : float
    rising : bool, default True
        Whether beyond means above; else below.
    sustained : int, default 1
        How many consecutive readings must be beyond the threshold.

    Returns
    -------
    int or None
        None where there are not so many consecutive readings.

    Raises
    ------
    ValueError
        If the two series differ in length, or `sustained` is less than 1.

    Examples
    --------
    >>> first_crossing([0, 10, 20, 30, 40], [0.0, 0.95, 0.5, 0.9, 1.0], 0.9)
    10
    >>> first_crossing([0, 10, 20, 30, 40], [0.0, 0.95, 0.5, 0.9, 1.0], 0.9, sustained=2)
    30
    """
    at, read = np.asarray(steps), np.asarray(values, dtype=float)
    if at.shape != read.shape or at.ndim != 1 or sustained < 1:
        raise ValueError(f"steps {at.shape}, values {read.shape}, sustained {sustained}: needs two series of one length, and 1 or more")
    beyond = read >= threshold if rising else read <= threshold
    if len(read) < sustained:
        return None
    runs = np.lib.stride_tricks.sliding_window_view(beyond, sustained).all(1)
    return int(at[runs.argmax()]) if runs.any() else None
