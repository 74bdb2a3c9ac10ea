"""Comparisons of the times of groups, two at a time: ratios of medians and log-rank tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from mechgrok.maths.statistics.censored import Estimate, Times, log_rank, ratio_of_medians
from mechgrok.maths.statistics.holm import holm

MOST = 6
"""More groups than this are each compared with the first one alone."""


@dataclass(frozen=True)
class Pair:
    """The times of one group against those of another."""

    one: str
    other: str
    ratio: Estimate
    """Median of `one` / median of `other`."""
    p: float
    """Of the log-rank test; NaN where a group has too few runs."""
    corrected: float
    """p after Holm, over all pairs."""


def compared(groups: Sequence[str]) -> list[tuple[str, str]]:
    """Every pair of groups; of more than MOST, each with the first one alone."""
    return list(combinations(groups, 2)) if len(groups) <= MOST else [(groups[0], other) for other in groups[1:]]


def pairs(times: Mapping[str, Times]) -> list[Pair]:
    """Every pair of groups that have times."""
    asked = compared([group for group, each in times.items() if len(each.at)])
    p = [log_rank(times[one], times[other]) for one, other in asked]
    return [
        Pair(one, other, ratio_of_medians(times[one], times[other]), each, float(corrected))
        for (one, other), each, corrected in zip(asked, p, holm(p), strict=True)
    ]
