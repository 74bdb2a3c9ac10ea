"""Means over aliases, and differences of two, with their 95 % intervals."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from mechgrok.maths.statistics.clusters import WIDTH
from mechgrok.measures.base.measure import Headline, Missing


def mean_and_error(values: Iterable[float]) -> tuple[float, float]:
    """Mean and its standard error s / sqrt n, without NaN; a mean needs one number, an error two."""
    known = np.array([value for value in values if value == value], dtype=float)
    error = float(known.std(ddof=1) / np.sqrt(len(known))) if len(known) > 1 else float("nan")
    return (float(known.mean()) if len(known) else float("nan")), error


def difference(one: Iterable[float], other: Iterable[float]) -> tuple[float, float]:
    """Difference of the means of two independent samples, and its standard error."""
    (mean, error), (mean_2, error_2) = mean_and_error(one), mean_and_error(other)
    return mean - mean_2, float(np.hypot(error, error_2))


def interval(mean: float, error: float, limit: float = float("inf")) -> tuple[float, float]:
    """The 95 % interval mean -+ 1.96 error, within the values -limit to limit that the mean can have."""
    return max(mean - WIDTH * error, -limit), min(mean + WIDTH * error, limit)


def headline_interval(key: str, value: tuple[float, float], reason: str, limit: float = float("inf")) -> Headline:
    """A mean and its 95 % interval as `key`, `key_low` and `key_high`; the reason where they are missing."""
    mean, error = value
    low, high = interval(mean, error, limit) if error == error else (error, error)
    found = {key: mean, f"{key}_low": low, f"{key}_high": high}
    return {name: number if number == number else Missing(reason) for name, number in found.items()}
