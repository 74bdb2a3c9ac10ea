"""Alarms of a score that is read at several steps: the threshold from runs without the event, and the first step beyond it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def highest(scores: ArrayLike, runs: ArrayLike) -> NDArray[np.float64]:
    """The highest score of each run.

    Parameters
    ----------
    scores : array_like (n,)
        NaN is below all numbers.
    runs : array_like (n,)
        The run of each reading, integers from 0.

    Returns
    -------
    ndarray (runs,)
        -inf for a run without a score.

    Examples
    --------
    >>> highest([1.0, 3.0, float("nan")], [0, 0, 1]).tolist()
    [3.0, -inf]
    """
    values, of = np.asarray(scores, dtype=float), np.asarray(runs, dtype=int)
    found = np.full(of.max(initial=-1) + 1, -np.inf)
    np.maximum.at(found, of, np.where(np.isnan(values), -np.inf, values))
    return found


def threshold(peaks: ArrayLike, at_most: float) -> float:
    """The smallest threshold that at most a share of the runs exceed.

    Parameters
    ----------
    peaks : array_like (runs,)
        The highest score of each run without the event.
    at_most : float
        The share of these runs that may raise an alarm, from 0 to below 1.

    Returns
    -------
    float
        Scores above it raise an alarm; -inf without runs.

    Examples
    --------
    One run of four may exceed it.

    >>> threshold([4.0, 1.0, 3.0, 2.0], at_most=0.25)
    3.0
    """
    found = np.sort(np.asarray(peaks, dtype=float))[::-1]
    return float(found[int(np.floor(at_most * len(found) + 1e-9))]) if len(found) else -np.inf


def first_alarm(steps: ArrayLike, scores: ArrayLike, above: float) -> int | None:
    """The first step with a score above a threshold.

    Parameters
    ----------
    steps : array_like (n,)
        Ascending.
    scores : array_like (n,)
        NaN is not above.
    above : float

    Returns
    -------
    int or None
        None where no score is above.

    Examples
    --------
    >>> first_alarm([0, 20, 40], [1.0, 2.0, 3.0], above=1.5)
    20
    """
    beyond = np.asarray(scores, dtype=float) > above
    return int(np.asarray(steps)[beyond.argmax()]) if beyond.any() else None
