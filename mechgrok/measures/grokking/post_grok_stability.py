"""Collapses of accuracy after generalisation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.maths.curves.crossings import first_crossing
from mechgrok.maths.curves.episodes import episodes
from mechgrok.measures.base.measure import Headline
from mechgrok.measures.base.readings import (
    READING,
    OfCurves,
    curve_of_split,
    headline_number,
    missing_reason,
    plotted,
    thin_for_plot,
    train_beside_test,
    train_test_curves,
)
from mechgrok.plots.primitives import curves

if TYPE_CHECKING:
    from mechgrok.runs.run import Run

Share = Annotated[float, Field(gt=0, le=1)]
NAMED = 6
"""Number of collapses that the figure marks: the deepest."""


@dataclass(frozen=True)
class PostGrokStability(OfCurves):
    """Collapses of accuracy after generalisation: successive readings with test accuracy below .95 or train accuracy below .90.

    Generalisation: test accuracy >= .99 at 3 readings in a row. depth = fall of accuracy from the reading before a collapse to its
    lowest reading, of the split that falls deeper; length = steps from the first reading of a collapse to the first reading after it, or
    to the last reading of a run that does not recover. A run is anti-grokking if it ends in a collapse with train accuracy >= .99.
    """

    name: ClassVar[str] = "post-grok-stability"
    title: ClassVar[str] = "Stability after generalisation"
    reference: ClassVar[str] = "Prakash and Martin 2026 (arXiv 2602.02859), abstract (anti-grokking); Thilak et al. 2022 (arXiv 2206.04817)"
    columns: ClassVar[Mapping[str, str]] = {
        **READING,
        "episode": "number of the collapse, from 1; 0 for all readings since generalisation",
        "end_step": "first reading after the collapse; empty where it lasts to the end of the run",
        "length": "steps from the first reading of the collapse to end_step, or to the last reading",
        "lowest_train": "lowest train accuracy in the collapse",
        "lowest_test": "lowest test accuracy in the collapse",
        "depth": "fall of accuracy from the reading before the collapse, of the split that falls deeper",
        "recovered": "whether a later reading lies outside the collapse",
        "why": "the reason where nothing is computed",
    }

    threshold: Share = 0.99
    sustained: Annotated[int, Field(ge=1)] = 3
    test_floor: Share = 0.95
    train_floor: Share = 0.9
    memory_floor: Share = 0.99
    """Least train accuracy of an anti-grokking run."""

    def compute(self, run: Run, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        curve = train_test_curves(run, given, "accuracy")
        rows = self._rows(run, curve)
        table = pd.concat([pd.DataFrame(rows), thin_for_plot(curve)], ignore_index=True).reindex(columns=list(self.columns))
        return table.assign(**table[["split", "source", "why"]].fillna(""), recovered=table["recovered"].eq(True))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        since, found = _since_generalised(result), _episodes(result).nlargest(NAMED, "depth")
        marks = {"generalised": since["step"]} | {f"collapse {row.episode:.0f}": row.step for row in found.itertuples()}
        return curves(plotted(result), x="step", y="value", color="split", marks=marks, x_title="step", y_title="accuracy")

    def headline(self, result: pd.DataFrame) -> Headline:
        since, found = _since_generalised(result), _episodes(result)
        last = found.iloc[-1] if len(found) else None
        anti = last is not None and not last["recovered"] and last["lowest_train"] >= self.memory_floor
        values = {
            "collapses": len(found),
            "unrecovered": int((~found["recovered"]).sum()),
            "deepest": found["depth"].max() if len(found) else 0.0,
            "longest": found["length"].max() if len(found) else 0,
            "lowest_test": since["lowest_test"],
            "lowest_train": since["lowest_train"],
        }
        quotes = {key: headline_number(value, since["why"]) for key, value in values.items()}
        return quotes | {"anti_grokking": headline_number(0, since["why"]) if since["why"] else bool(anti)}

    def _not_generalised(self, last_step: int) -> str:
        return f"test accuracy was not at least {self.threshold:g} for {self.sustained} readings in a row by step {last_step}"

    def _rows(self, run: Run, curve: pd.DataFrame) -> list[dict[str, Any]]:
        why = missing_reason(run, curve, "train", "accuracy") or missing_reason(run, curve, "test", "accuracy")
        start, wide = None, train_beside_test(curve)
        if not why:
            test = curve_of_split(curve, "test")
            start = first_crossing(test["step"].to_numpy(), test["value"].to_numpy(), self.threshold, sustained=self.sustained)
            why = "" if start is not None else self._not_generalised(int(test["step"].max()))
        if start is None:
            return [{"part": "episode", "episode": 0, "why": why}]
        since = wide[wide.index >= start]
        collapsed = (since["test"] < self.test_floor) | (since["train"] < self.train_floor)
        found = episodes(since.index, collapsed)
        return [_row_since_generalised(since), *(_row(since, number, *ends) for number, ends in enumerate(found, 1))]


def _row(since: pd.DataFrame, episode: int, first: int, last: int) -> dict[str, Any]:
    """The row of a collapse from reading number `first` to `last`, counted from generalisation."""
    inside, before = since.iloc[first : last + 1], since.iloc[max(first - 1, 0)]
    recovered = last + 1 < len(since)
    step, end = int(since.index[first]), int(since.index[min(last + 1, len(since) - 1)])
    spread = {"episode": episode, "step": step, "end_step": end if recovered else float("nan"), "length": end - step}
    lowest = {f"lowest_{split}": inside[split].min() for split in since}
    return {"part": "episode", **spread, **lowest, "depth": (before - inside.min()).max(), "recovered": recovered}


def _row_since_generalised(since: pd.DataFrame) -> dict[str, Any]:
    return _row(since, 0, 0, len(since) - 1) | {"depth": float("nan")}


def _since_generalised(result: pd.DataFrame) -> pd.Series[Any]:
    return result[result["episode"] == 0].iloc[0]


def _episodes(result: pd.DataFrame) -> pd.DataFrame:
    return result[result["episode"] > 0]
