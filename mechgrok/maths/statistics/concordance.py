"""AUROC over runs that are read at several steps: pairs of readings of two different runs, with intervals over runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

QUANTILES = (0.025, 0.975)
NAN = float("nan")


@dataclass(frozen=True)
class Pairs:
    """Pairs of a positive reading of one run and a negative reading of another one.

    Attributes
    ----------
    won : ndarray (runs, runs)
        Pairs with the higher score at the positive reading, of the run of the row; equal scores count half.
    counted : ndarray (runs, runs)
        All pairs; 0 on the diagonal.
    """

    won: NDArray[np.float64]
    counted: NDArray[np.float64]

    @property
    def auroc(self) -> float:
        """The share of the pairs that is won.

        Returns
        -------
        float
            From 0 to 1; NaN without pairs.
        """
        total = self.counted.sum()
        return float(self.won.sum() / total) if total else NAN

    def resampled(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """The AUROC of each resample of the runs.

        Parameters
        ----------
        times : ndarray (draws, runs)
            How often each run is drawn. Two copies of one run make no pair.

        Returns
        -------
        ndarray (draws,)
            NaN for a draw without pairs.
        """
        won, counted = (((times @ each) * times).sum(1) for each in (self.won, self.counted))
        with np.errstate(invalid="ignore"):
            return np.asarray(won / counted)


def pairs(scores: ArrayLike, positive: ArrayLike, runs: ArrayLike, strata: ArrayLike | None = None) -> Pairs:
    """The pairs of readings of different runs within a stratum.

    Parameters
    ----------
    scores : array_like (n,)
        NaN is below all numbers: a missing number raises no alarm.
    positive : array_like (n,) of bool
    runs : array_like (n,)
        The run of each reading, integers from 0.
    strata : array_like (n,), optional
        Readings are compared where these are equal; by default all are.

    Returns
    -------
    Pairs

    Examples
    --------
    Runs 0 and 1 are read at two steps each. At equal steps the positive reading is higher once and lower once.

    >>> scores, positive, runs = [3.0, 1.0, 2.0, 4.0], [True, True, False, False], [0, 0, 1, 1]
    >>> pairs(scores, positive, runs, strata=[10, 20, 10, 20]).auroc
    0.5
    >>> pairs(scores, positive, runs).auroc
    0.25
    """
    values = np.asarray(scores, dtype=float)
    values, yes, of = np.where(np.isnan(values), -np.inf, values), np.asarray(positive, dtype=bool), np.asarray(runs, dtype=int)
    ours, theirs = np.flatnonzero(yes), np.flatnonzero(~yes)
    comparable = of[ours][:, None] != of[theirs]
    if strata is not None:
        places = np.unique(np.asarray(strata), return_inverse=True)[1]
        comparable &= places[ours][:, None] == places[theirs]
    won = (values[ours][:, None] > values[theirs]) + (values[ours][:, None] == values[theirs]) / 2
    into, out_of = (np.eye(of.max(initial=-1) + 1)[of[rows]] for rows in (ours, theirs))
    return Pairs(into.T @ (won * comparable) @ out_of, into.T @ comparable @ out_of)


def resamples(groups: ArrayLike, draws: int, seed: int) -> NDArray[np.float64]:
    """How often a bootstrap draws each run; every draw has as many runs of each group as there are.

    Parameters
    ----------
    groups : array_like (runs,)
        The group of each run, such as whether it has a positive reading.
    draws : int
    seed : int

    Returns
    -------
    ndarray (draws, runs)

    Examples
    --------
    >>> resamples([0, 0, 1], draws=4, seed=0).sum(1).tolist()
    [3.0, 3.0, 3.0, 3.0]
    """
    generator, member = np.random.default_rng(seed), np.asarray(groups)
    times = np.zeros((draws, len(member)))
    for group in np.unique(member):
        inside = np.flatnonzero(member == group)
        times[:, inside] = generator.multinomial(len(inside), np.full(len(inside), 1 / len(inside)), draws)
    return times


def interval(values: ArrayLike) -> tuple[float, float]:
    """The middle 95 % of the draws that are defined.

    Parameters
    ----------
    values : array_like (draws,)

    Returns
    -------
    tuple of float
        NaN without a finite draw.

    Examples
    --------
    >>> interval(range(1001))
    (25.0, 975.0)
    """
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    return (float(np.quantile(known, QUANTILES[0])), float(np.quantile(known, QUANTILES[1]))) if len(known) else (NAN, NAN)
