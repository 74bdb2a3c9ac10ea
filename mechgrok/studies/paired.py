"""Differences between two numbers of the same seed, tested over the seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mechgrok.report.numbers import NONE, show
from mechgrok.studies.trained import Trained


@dataclass(frozen=True)
class Difference:
    """Of two paired samples: mean, interval and the p that its mean is 0."""

    mean: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class Row:
    """A comparison as text."""

    text: str
    differences: tuple[str, ...]
    """By seed; the reason where there is none."""
    mean: str = NONE
    interval: str = NONE
    p: str = NONE
    known: tuple[float, ...] = ()
    """The differences of the seeds that have one, as numbers."""
    tested: Difference | None = None


def t_test(differences: Sequence[float]) -> Difference:
    """The paired t-test: t = mean / (s / sqrt n) with n - 1 degrees of freedom, two-sided, and its 95 % interval; at least two numbers.

    Where all are the same nothing is uncertain: p is 1 if they are 0, else 0.
    """
    from scipy import stats  # type: ignore[import-untyped]

    values = np.array(differences, dtype=float)
    mean, error = float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))
    if error == 0:
        return Difference(mean, mean, mean, float(mean == 0))
    half = float(stats.t.ppf(0.975, len(values) - 1)) * error
    return Difference(mean, mean - half, mean + half, float(2 * stats.t.sf(abs(mean) / error, len(values) - 1)))


def compared(trained: Trained) -> list[Row]:
    """Every comparison of a study over the seeds that both numbers are known for."""
    return [_row(trained, number) for number in range(len(trained.study.paired))]


def _row(trained: Trained, number: int) -> Row:
    paired = trained.study.paired[number]
    found = [(trained.value(paired.value, seed), trained.value(paired.less, seed)) for seed in trained.study.seeds]
    known = [one[0] - other[0] for one, other in found if not isinstance(one, str) and not isinstance(other, str)]
    said = tuple(one if isinstance(one, str) else other if isinstance(other, str) else show(one[0] - other[0], 3) for one, other in found)
    if len(known) < 2:
        return Row(paired.text, said)
    tested = t_test(known)
    interval = f"{show(tested.low, 3)} to {show(tested.high, 3)}"
    return Row(paired.text, said, show(tested.mean, 3), interval, show(tested.p, 3), tuple(known), tested)
