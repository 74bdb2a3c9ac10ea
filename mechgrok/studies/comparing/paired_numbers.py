"""Numbers of measures in one group against those in another, seed by seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mechgrok.maths.statistics.censored import FEWEST
from mechgrok.maths.statistics.differences import Difference, t_test
from mechgrok.maths.statistics.holm import holm
from mechgrok.report.varying import SEED
from mechgrok.studies.comparing.compared import Compared
from mechgrok.studies.comparing.groups import Groups
from mechgrok.studies.comparing.pairs import compared


@dataclass(frozen=True)
class PairedNumber:
    """A number in two groups, over the seeds that both have."""

    one: str
    other: str
    number: str
    seeds: int
    difference: Difference
    """`one` less `other`."""
    corrected: float
    """p after Holm, over all pairs and numbers."""


def paired_numbers(groups: Groups, numbers: Mapping[str, Mapping[str, float]]) -> list[PairedNumber]:
    """The paired t-test of each number, given by name and run, for each pair of groups with FEWEST seeds or more in common."""
    found = [
        (one, other, number, differences)
        for one, other in compared(list(groups))
        for number, values in numbers.items()
        if len(differences := _differences(groups[one], groups[other], values)) >= FEWEST
    ]
    tested = [t_test(differences) for *_, differences in found]
    corrected = holm([each.p for each in tested])
    return [
        PairedNumber(one, other, number, len(differences), each, float(p))
        for (one, other, number, differences), each, p in zip(found, tested, corrected, strict=True)
    ]


def _differences(one: Sequence[Compared], other: Sequence[Compared], values: Mapping[str, float]) -> list[float]:
    first, second = (_by_seed(runs, values) for runs in (one, other))
    return [first[seed] - second[seed] for seed in first if seed in second]


def _by_seed(runs: Sequence[Compared], values: Mapping[str, float]) -> dict[Any, float]:
    """The value of each seed that one run of the group has."""
    seeds = [run.value(SEED) for run in runs if run.name in values]
    return {run.value(SEED): values[run.name] for run in runs if run.name in values and seeds.count(run.value(SEED)) == 1}
