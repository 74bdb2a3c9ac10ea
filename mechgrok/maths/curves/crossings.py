"""When a series first reaches a threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def first_crossing(steps: ArrayLike, values: ArrayLike, threshold: float, rising: bool = True, sustained: int = 1) -> int | None:
    """The step of the first of `sustained` consecutive readings at or beyond a threshold; None where there are not so many in a row.

    steps (n,) ascending, values (n,). Beyond is above where the series is `rising`, else below. A reading that is NaN is not beyond.
    """
    at, read = np.asarray(steps), np.asarray(values, dtype=float)
    if at.shape != read.shape or at.ndim != 1 or sustained < 1:
        raise ValueError(f"steps {at.shape}, values {read.shape}, sustained {sustained}: needs two series of one length, and 1 or more")
    beyond = read >= threshold if rising else read <= threshold
    if len(read) < sustained:
        return None
    runs = np.lib.stride_tricks.sliding_window_view(beyond, sustained).all(1)
    return int(at[runs.argmax()]) if runs.any() else None
