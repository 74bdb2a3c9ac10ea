"""Differences between two numbers of the same seed, tested over the seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mechgrok.report.numbers import NONE, show
from mechgrok.studies.pace import Interval
from mechgrok.studies.trained import Trained


@dataclass(frozen=True)
class Difference:
    """The mean difference of two paired samples, its 95 % interval, and the p-value of a mean of 0."""

    mean: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class Row:
    """A comparison as text."""

    text: str
    differences: tuple[str, ...]
    """By seed; the reason where one is missing."""
    mean: str = NONE
    interval: str = NONE
    p: str = NONE
    known: tuple[float, ...] = ()
    """The differences that are not missing, as numbers."""
    tested: Difference | None = None


def t_test(differences: Sequence[float]) -> Difference:
    """The two-sided paired t-test of at least two differences, with its 95 % interval.

    Equal differences have no standard error: p is 1 if they are 0, else 0.
    """
    from scipy.stats import ttest_1samp  # type: ignore[import-untyped]

    values = np.array(differences, dtype=float)
    mean = float(values.mean())
    if values.std() == 0:
        return Difference(mean, mean, mean, float(mean == 0))
    test = ttest_1samp(values, 0)
    low, high = test.confidence_interval(0.95)
    return Difference(mean, float(low), float(high), float(test.pvalue))


def paired_differences(trained: Trained) -> list[Row]:
    """Every paired comparison of a study, over the seeds that have both numbers."""
    return [_row(trained, number) for number in range(len(trained.study.paired))]


def _row(trained: Trained, number: int) -> Row:
    paired = trained.study.paired[number]
    found = [(trained.value(paired.value, seed), trained.value(paired.less, seed)) for seed in trained.study.seeds]
    known = [one[0] - other[0] for one, other in found if not isinstance(one, str) and not isinstance(other, str)]
    by_seed = tuple(_as_text(one, other) for one, other in found)
    if len(known) < 2:
        return Row(paired.text, by_seed)
    tested = t_test(known)
    interval = f"{show(tested.low, 3)} to {show(tested.high, 3)}"
    return Row(paired.text, by_seed, show(tested.mean, 3), interval, show(tested.p, 3), tuple(known), tested)


def _as_text(one: Interval | str, other: Interval | str) -> str:
    """The difference of two numbers, or the reason why one of them is missing."""
    reasons = [each for each in (one, other) if isinstance(each, str)]
    return reasons[0] if reasons else show(float(one[0]) - float(other[0]), 3)
