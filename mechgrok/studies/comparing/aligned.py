"""Curves of several runs over common steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mechgrok.maths.statistics.order_statistics import medians
from mechgrok.plots.ensembles import Ensemble

POINTS = 40_000
"""Points of all runs that a panel holds at most; a page of hundreds of runs is a few megabytes large."""
FEWEST = 60
"""Places of a curve, however many runs there are."""


def aligned(curves: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]], count: int) -> Ensemble:
    """Curves, each as its steps and values, over the union of their steps, thinned for `count` runs in one panel.

    At a step without a reading of its own, a run has its latest value. It has none before its first and after its last reading. In the
    median a run keeps its last value, so that the median does not jump where a run stopped.
    """
    steps = _thinned(np.unique(np.concatenate([step for step, _ in curves])), max(FEWEST, POINTS // max(count, 1)))
    kept = np.stack([_at(steps, *curve) for curve in curves])
    ended = np.stack([steps > step[-1] for step, _ in curves])
    begun = ~np.isnan(kept).any(0)
    middle, low, high = (np.where(begun, each, np.nan) for each in medians(kept))
    return Ensemble(steps.astype(float), np.where(ended, np.nan, kept), middle, low, high)


def _at(steps: NDArray[np.int64], step: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The latest value at each step; NaN before the first one."""
    place = np.searchsorted(step, steps, side="right") - 1
    return np.where(place >= 0, values[place], np.nan)


def _thinned(steps: NDArray[np.int64], limit: int) -> NDArray[np.int64]:
    """About `limit` of the steps, half of them equally spaced and half logarithmically."""
    if len(steps) <= limit:
        return steps
    last = len(steps) - 1
    chosen = np.concatenate([np.linspace(0, last, limit // 2), np.geomspace(1, last, limit // 2)])
    return steps[np.unique(chosen.astype(int))]
