"""Medians of times with intervals, and tests of their difference, where some times are only known to be later than a last reading."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FEWEST = 6
"""Fewer times have no interval: that of the order statistics of five covers the median with probability .9375."""
FEWEST_MIXED = 10
"""Fewer times have no interval where one is censored before another event (decision 0018)."""
RESAMPLES = 2000
DIGITS = 12
NAN = math.nan


@dataclass(frozen=True)
class Estimate:
    """An estimate with a 95 % interval.

    Attributes
    ----------
    value : float
        Infinite where it lies beyond all events.
    low, high : float
        The ends of the interval; NaN where none is given, infinite where it is open.
    """

    value: float
    low: float = NAN
    high: float = NAN

    @property
    def has_interval(self) -> bool:
        """Whether there is an interval.

        Returns
        -------
        bool
        """
        return not np.isnan(self.low)


@dataclass(frozen=True)
class Times:
    """Times of events, some of them censored.

    Attributes
    ----------
    at : ndarray (n,)
        The time of the event, or the last time at which it had not happened.
    reached : ndarray (n,) of bool
        Whether the event happened.
    """

    at: NDArray[np.float64]
    reached: NDArray[np.bool_]

    @classmethod
    def of(cls, at: ArrayLike, reached: ArrayLike) -> Times:
        """Times from any sequences.

        Parameters
        ----------
        at : array_like (n,)
        reached : array_like (n,)

        Returns
        -------
        Times
        """
        return cls(np.asarray(at, dtype=float), np.asarray(reached, dtype=bool))

    @property
    def mixed(self) -> bool:
        """Whether a time is censored before the event of another one.

        Returns
        -------
        bool
        """
        lost = self.at[~self.reached]
        return bool(lost.size and self.reached.any() and lost.min() < self.at[self.reached].max())

    @property
    def allow_interval(self) -> bool:
        """Whether the intervals of this module cover as often as they state (decision 0018).

        Returns
        -------
        bool
        """
        return len(self.at) >= (FEWEST_MIXED if self.mixed else FEWEST)


def median(times: Times) -> Estimate:
    """The first time by which half of the events have happened, after Kaplan and Meier (1958), J. Am. Stat. Assoc. 53, 457.

    The interval holds the times at which the log-log interval of the survival function contains 1/2 (Brookmeyer and Crowley 1982).

    Parameters
    ----------
    times : Times

    Returns
    -------
    Estimate
        Without an interval for fewer times than `Times.allow_interval` asks for.

    Examples
    --------
    Two of six runs had not grokked by step 900.

    >>> median(Times.of([300, 400, 500, 700, 900, 900], [1, 1, 1, 1, 0, 0]))
    Estimate(value=500.0, low=300.0, high=inf)
    """
    return _median(tuple(times.at.tolist()), tuple(times.reached.tolist()))


@cache
def _median(at: tuple[float, ...], reached: tuple[bool, ...]) -> Estimate:
    """Kept, since a comparison uses the same times in a table, a figure and ratios, and a fit takes milliseconds."""
    from scipy.stats import ecdf  # type: ignore[import-untyped]

    times = Times.of(at, reached)
    if not at:
        return Estimate(NAN)
    if not times.reached.any():
        return Estimate(math.inf, math.inf, math.inf) if times.allow_interval else Estimate(math.inf)
    survival = ecdf(_sample(times)).sf
    value = _half(survival.quantiles, survival.probabilities)
    if not times.allow_interval:
        return Estimate(value)
    with warnings.catch_warnings():
        # scipy warns that the log-log interval is not defined where all or none are left.
        warnings.simplefilter("ignore")
        interval = survival.confidence_interval(method="log-log")
    ends = (np.where(survival.probabilities > 0, end.probabilities, 0.0) for end in (interval.low, interval.high))
    return Estimate(value, *(_half(survival.quantiles, end) for end in ends))


def _sample(times: Times) -> Any:
    """The times for scipy."""
    from scipy.stats import CensoredData

    return CensoredData(uncensored=times.at[times.reached], right=times.at[~times.reached])


def _half(at: NDArray[np.float64], left: NDArray[np.float64]) -> float:
    """The first time at which no more than half are left; infinite where more than half stay, and where that is not defined."""
    # The product of the shares that are left may be 1/2 plus a rounding error, which would give the next event.
    reached = np.flatnonzero(left.round(DIGITS) <= 0.5)
    return float(at[reached[0]]) if len(reached) else math.inf


def log_rank(times: Times, other: Times) -> float:
    """The p-value of the log-rank test that two groups have the same distribution of times (Mantel 1966; Peto and Peto 1972).

    Parameters
    ----------
    times, other : Times

    Returns
    -------
    float
        NaN where a group has fewer than FEWEST times, or no event happened.

    Examples
    --------
    >>> early, late = Times.of(range(1, 7), [1] * 6), Times.of(range(7, 13), [1] * 6)
    >>> round(log_rank(early, late), 4)
    0.0005
    """
    from scipy.stats import logrank

    if min(len(times.at), len(other.at)) < FEWEST or not (times.reached.any() or other.reached.any()):
        return NAN
    with np.errstate(invalid="ignore"):  # all events at one time have no variance, and p is NaN
        return float(logrank(_sample(times), _sample(other)).pvalue)


def ratio_of_medians(times: Times, other: Times) -> Estimate:
    """The ratio of two medians, with the percentiles of a bootstrap that draws the times of each group again (Efron 1979).

    A median beyond all events is infinite; where both are, a resample counts as 0 for the lower and as infinite for the upper end.

    Parameters
    ----------
    times, other : Times
        Numerator and denominator.

    Returns
    -------
    Estimate
        NaN where neither median is reached. No interval for fewer than FEWEST times, or where one is censored before an event.

    Examples
    --------
    >>> slow, fast = Times.of([8, 9, 10, 11, 12, 13], [1] * 6), Times.of([4, 4, 5, 5, 6, 6], [1] * 6)
    >>> ratio_of_medians(slow, fast)
    Estimate(value=2.0, low=1.5, high=3.0)
    """
    value = median(times).value / median(other).value if np.isfinite(median(other).value) else _beyond(median(times).value)
    every = (times, other)
    if min(len(each.at) for each in every) < FEWEST or any(each.mixed for each in every):
        return Estimate(value)
    drawn = _resampled(times, other)
    # Where both are beyond all events their ratio may be anything.
    low, high = (np.where(np.isnan(drawn), unknown, drawn) for unknown in (0.0, np.inf))
    return Estimate(value, float(_quantile(low, 0.025)), float(_quantile(high, 0.975)))


def _beyond(value: float) -> float:
    """The ratio of a median to one that was not reached."""
    return 0.0 if np.isfinite(value) else NAN


def _resampled(times: Times, other: Times) -> NDArray[np.float64]:
    """The ratio of each resample; NaN where neither median is reached."""
    from scipy.stats import bootstrap  # type: ignore[import-untyped]

    samples = tuple(np.where(each.reached, each.at, np.inf) for each in (times, other))
    words = {"n_resamples": RESAMPLES, "vectorized": True, "method": "percentile", "rng": np.random.default_rng(0)}
    with warnings.catch_warnings():
        # scipy warns of resamples that are all the same; their quantiles are what they are.
        warnings.simplefilter("ignore")
        found: NDArray[np.float64] = bootstrap(samples, _ratio, **words).bootstrap_distribution
    return found


def _ratio(one: NDArray[np.float64], two: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
    """The ratio of the lower medians along an axis."""
    top, bottom = (np.sort(each, axis).take((each.shape[axis] - 1) // 2, axis) for each in (one, two))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(top / bottom)


def _quantile(drawn: NDArray[np.float64], share: float) -> np.float64:
    """A quantile that is one of the numbers: between a finite and an infinite one there is nothing."""
    return np.float64(np.quantile(drawn, share, method="inverted_cdf"))
