"""Stored headline numbers of a run: from the summary of its report, or from its results where these are newer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from mechgrok.engine.outcomes import Result
from mechgrok.engine.results import TABLES, Results, folder
from mechgrok.measures.base.measure import BaseMeasure, Missing

MOST = 6
"""Numbers of a measure that are drawn and tested."""


@dataclass(frozen=True)
class Headline:
    """The numbers of one measure at the last checkpoint that was looked at."""

    numbers: Mapping[str, Any]
    step: int | None
    """None for a measure of the whole run."""


@dataclass(frozen=True)
class Headlines:
    """The stored headlines of one run."""

    run: Path

    @cached_property
    def _summary(self) -> Mapping[str, Any]:
        """The measures in the summary of its report; none where there is no report, or it is broken."""
        try:
            found: Mapping[str, Any] = json.loads((self.run / "report" / "summary.json").read_bytes())["measures"]
        except (OSError, ValueError, KeyError, TypeError):
            return {}
        return found

    def labels(self) -> list[str]:
        """The measures in the summary that gave numbers."""
        return [label for label, found in self._summary.items() if found.get("status") == "ok"]

    def last(self, measure: BaseMeasure) -> Headline | None:
        """The numbers at the last stored checkpoint; None where nothing is stored."""
        found = self._summary.get(measure.label, {})
        tables, summary = folder(self.run, measure) / TABLES, self.run / "report" / "summary.json"
        newer = tables.is_file() and not (summary.is_file() and summary.stat().st_mtime >= tables.stat().st_mtime)
        if found.get("status") == "ok" and not newer:
            return Headline(found["headline"], found["step"])
        return self._of_results(measure) if tables.is_file() else None

    def _of_results(self, measure: BaseMeasure) -> Headline | None:
        results = Results(self.run)
        last = max(results.steps(measure), default=-1)
        table = results.read(measure, last)
        if table is None:
            return None
        whole = table[0] if measure.per_run else table[0].assign(step=last)
        return Headline(Result(measure, whole).headline, None if measure.per_run else last)

    def over_steps(self, measure: BaseMeasure) -> pd.DataFrame:
        """The numbers at every stored checkpoint, rows by step; lists and words are left out. Empty where nothing is stored."""
        results = Results(self.run)
        steps = results.steps(measure)
        if not steps or measure.per_run:
            return pd.DataFrame()
        table = results.over(measure, steps)
        by_step = {step: measure.headline(rows) for step, rows in table.groupby("step")}
        return pd.DataFrame.from_dict({step: _plain(found) for step, found in by_step.items()}, orient="index")


def _plain(headline: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a headline; NaN where one is missing."""
    return {
        key: float("nan") if isinstance(value, Missing) or value is None else float(value)
        for key, value in headline.items()
        if isinstance(value, Missing) or value is None or is_number(value)
    }


def is_number(value: Any) -> bool:
    """Whether a value of a headline is a single number."""
    return hasattr(value, "__float__") and not isinstance(value, bool | str)


def by_key(stored: Mapping[str, Mapping[str, Headline]], label: str) -> dict[str, dict[str, float]]:
    """The single numbers of a measure at the last checkpoint, by their key and run; the first MOST of them."""
    found: dict[str, dict[str, float]] = {}
    for run, headlines in stored.items():
        for key, value in headlines[label].numbers.items() if label in headlines else ():
            if is_number(value):
                found.setdefault(key, {})[run] = float(value)
    return dict(list(found.items())[:MOST])
