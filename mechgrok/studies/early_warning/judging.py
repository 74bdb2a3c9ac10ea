"""AUROC of numbers in four comparisons: direction from one half of the runs, area and interval from the other half."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mechgrok.maths.statistics.concordance import Pairs, interval, pairs, resamples
from mechgrok.studies.early_warning.at_risk import AtRisk

DRAWS = 2000
Strata = Callable[[pd.DataFrame], "NDArray[np.integer[Any]] | None"]
"""Of the rows: checkpoints are compared where it is equal; None where all are."""


def _of(columns: list[str], rows: pd.DataFrame) -> NDArray[np.integer[Any]]:
    return rows.groupby(columns).ngroup().to_numpy()


COMPARISONS: Mapping[str, Strata] = {
    "any two checkpoints": lambda rows: None,
    "same step": partial(_of, ["step"]),
    "same configuration": partial(_of, ["setting"]),
    "same configuration and step": partial(_of, ["setting", "step"]),
}
"""Which checkpoints of two different runs are compared."""


@dataclass(frozen=True)
class Judge:
    """One comparison over all checkpoints at risk."""

    at_risk: AtRisk
    strata: Strata

    def direction(self, number: str) -> float:
        """1 where a high value means grokking soon, -1 where a low one does, from the runs that choose; 0 where these make no pair."""
        area = self.choosing(number, 1.0)
        return 0.0 if np.isnan(area) else -1.0 if area < 0.5 else 1.0

    def choosing(self, number: str, direction: float) -> float:
        """The AUROC of a number in a direction on the runs that choose."""
        return self._pairs(number, direction, judged=False).auroc

    def judged(self, number: str, direction: float) -> Judged:
        """The AUROC of a number in a direction on the runs that judge."""
        found = self._pairs(number, direction, judged=True)
        return Judged(found.auroc, found.resampled(self._times))

    def _pairs(self, number: str, direction: float, *, judged: bool) -> Pairs:
        """The pairs of one half, without the configurations to which the number does not apply."""
        rows, scores = self.at_risk.rows, self.at_risk.scores[number].astype(float)
        inside = (rows["judged"] == judged) & scores.notna().groupby(rows["setting"]).transform("any")
        kept = rows[inside]
        found = pairs(direction * scores[inside], kept["positive"], kept["run"], self.strata(kept))
        lacking = len(self._times[0]) - len(found.won)
        return Pairs(*(np.pad(each, (0, lacking)) for each in (found.won, found.counted)))

    @cached_property
    def _times(self) -> NDArray[np.float64]:
        """How often each run is drawn: the same for all numbers, so that differences are paired.

        Runs that have a positive checkpoint are drawn apart from the others, as are the runs that judge from those that choose.
        """
        of_run = self.at_risk.rows.groupby("run")[["positive", "judged"]].any()
        return resamples(2 * of_run["judged"] + of_run["positive"], DRAWS, seed=0)


@dataclass(frozen=True)
class Judged:
    """The AUROC on the runs that judge, and those of its resamples."""

    auroc: float
    resampled: NDArray[np.float64]

    @property
    def interval(self) -> tuple[float, float]:
        """95 %."""
        return interval(self.resampled)

    def less(self, other: Judged) -> Judged:
        """The difference from another one, draw by draw."""
        return Judged(self.auroc - other.auroc, self.resampled - other.resampled)


def judge(at_risk: AtRisk, comparison: str) -> Judge:
    """The judge of a comparison."""
    return Judge(at_risk, COMPARISONS[comparison])
