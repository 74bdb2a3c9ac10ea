"""Differences between two numbers of the same seed, tested over the seeds."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from mechgrok.maths.statistics.differences import Difference, t_test
from mechgrok.maths.statistics.holm import holm
from mechgrok.report.numbers import NONE, show
from mechgrok.studies.pace import Interval
from mechgrok.studies.trained import Trained


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
    corrected: str = NONE
    """p after Holm, over all comparisons of the study."""


def paired_differences(trained: Trained) -> list[Row]:
    """Every paired comparison of a study, over the seeds that have both numbers."""
    rows = [_row(trained, number) for number in range(len(trained.study.paired))]
    corrected = holm([row.tested.p if row.tested else math.nan for row in rows])
    return [replace(row, corrected=show(float(p), 3)) if row.tested else row for row, p in zip(rows, corrected, strict=True)]


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
