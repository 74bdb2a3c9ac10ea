"""Whether a run that generalises stays so."""

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
"""The figure marks at most so many collapses, the deepest ones."""


@dataclass(frozen=True)
class PostGrokStability(OfCurves):
    """Collapses after generalisation (test accuracy >= .99 for 3 readings in a row): stretches of readings with test accuracy below .95
    or train accuracy below .90.

    depth = the larger of the two splits' falls from the reading before the episode to its lowest one; length = steps from its first
    reading to the first one after it, or to the run's last one where it never recovers. A run is called anti-grokking if it ends in an
    episode in which train accuracy never falls below .99.
    """

    name: ClassVar[str] = "post-grok-stability"
    title: ClassVar[str] = "Stability after generalisation"
    reference: ClassVar[str] = "Prakash and Martin 2026 (arXiv 2602.02859), abstract (anti-grokking); Thilak et al. 2022 (arXiv 2206.04817)"
    columns: ClassVar[Mapping[str, str]] = {
        **READING,
        "episode": "number of the collapse, from 1; 0 for all the time since generalisation",
        "end_step": "first reading after the episode; empty where it lasts to the end",
        "length": "steps from the episode's first reading to end_step, or to the last reading",
        "lowest_train": "lowest train accuracy in the episode",
        "lowest_test": "lowest test accuracy in the episode",
        "depth": "fall of accuracy from the reading before the episode, of the split that falls deeper",
        "recovered": "whether a reading outside follows",
        "why": "why nothing is known",
    }

    threshold: Share = 0.99
    sustained: Annotated[int, Field(ge=1)] = 3
    test_floor: Share = 0.95
    train_floor: Share = 0.9
    memory_floor: Share = 0.99
    """Train accuracy that an anti-grokking run keeps."""

    def compute(self, run: Run, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        curve = train_test_curves(run, given, "accuracy")
        rows = self._rows(run, curve)
        table = pd.concat([pd.DataFrame(rows), thin_for_plot(curve)], ignore_index=True).reindex(columns=list(self.columns))
        return table.assign(**table[["split", "source", "why"]].fillna(""), recovered=table["recovered"].eq(True))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        whole, found = _whole(result), _episodes(result).nlargest(NAMED, "depth")
        marks = {"generalised": whole["step"]} | {f"collapse {row.episode:.0f}": row.step for row in found.itertuples()}
        return curves(plotted(result), x="step", y="value", color="split", marks=marks, x_title="step", y_title="accuracy")

    def headline(self, result: pd.DataFrame) -> Headline:
        whole, found = _whole(result), _episodes(result)
        last = found.iloc[-1] if len(found) else None
        anti = last is not None and not last["recovered"] and last["lowest_train"] >= self.memory_floor
        values = {
            "collapses": len(found),
            "unrecovered": int((~found["recovered"]).sum()),
            "deepest": found["depth"].max() if len(found) else 0.0,
            "longest": found["length"].max() if len(found) else 0,
            "lowest_test": whole["lowest_test"],
            "lowest_train": whole["lowest_train"],
        }
        quotes = {key: headline_number(value, whole["why"]) for key, value in values.items()}
        return quotes | {"anti_grokking": headline_number(0, whole["why"]) if whole["why"] else bool(anti)}

    def _never(self, last_step: int) -> str:
        return f"test accuracy was not at least {self.threshold:g} for {self.sustained} readings in a row by step {last_step}"

    def _rows(self, run: Run, curve: pd.DataFrame) -> list[dict[str, Any]]:
        why = missing_reason(run, curve, "train", "accuracy") or missing_reason(run, curve, "test", "accuracy")
        start, wide = None, train_beside_test(curve)
        if not why:
            test = curve_of_split(curve, "test")
            start = first_crossing(test["step"].to_numpy(), test["value"].to_numpy(), self.threshold, sustained=self.sustained)
            why = "" if start is not None else self._never(int(test["step"].max()))
        if start is None:
            return [{"part": "episode", "episode": 0, "why": why}]
        since = wide[wide.index >= start]
        collapsed = (since["test"] < self.test_floor) | (since["train"] < self.train_floor)
        found = episodes(since.index, collapsed)
        return [_whole_row(since), *(_row(since, number, *ends) for number, ends in enumerate(found, 1))]


def _row(since: pd.DataFrame, episode: int, first: int, last: int) -> dict[str, Any]:
    """An episode from the reading `first` to the reading `last`, counted from generalisation."""
    inside, before = since.iloc[first : last + 1], since.iloc[max(first - 1, 0)]
    recovered = last + 1 < len(since)
    step, end = int(since.index[first]), int(since.index[min(last + 1, len(since) - 1)])
    spread = {"episode": episode, "step": step, "end_step": end if recovered else float("nan"), "length": end - step}
    lowest = {f"lowest_{split}": inside[split].min() for split in since}
    return {"part": "episode", **spread, **lowest, "depth": (before - inside.min()).max(), "recovered": recovered}


def _whole_row(since: pd.DataFrame) -> dict[str, Any]:
    return _row(since, 0, 0, len(since) - 1) | {"depth": float("nan")}


def _whole(result: pd.DataFrame) -> pd.Series[Any]:
    return result[result["episode"] == 0].iloc[0]


def _episodes(result: pd.DataFrame) -> pd.DataFrame:
    return result[result["episode"] > 0]
