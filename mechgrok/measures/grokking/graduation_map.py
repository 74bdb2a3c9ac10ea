"""The step from which each row of the table is answered rightly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.measure import Headline, Missing, RunMeasure
from mechgrok.measures.shared.by_split import UNKNOWN_SPLIT
from mechgrok.measures.shared.obstacles import needs_all_pairs, needs_checkpoints
from mechgrok.plots.primitives import curves, heatmap, panels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mechgrok.runs.run import Run


@dataclass(frozen=True)
class GraduationMap(RunMeasure):
    """First checkpoint from which on a row of the table is right at three checkpoints in a row, over (a, b), and accuracy by label.

    graduated(a, b) = first checkpoint t with prediction = label at t and at the next two; no row graduates at the last two checkpoints, nor
    in a run of two. Prediction: the number class with the largest logit; label: that of the task, also of a row with a corrupted label. A
    row may be wrong again later. Every checkpoint takes a forward pass.
    """

    name: ClassVar[str] = "graduation-map"
    title: ClassVar[str] = "When each row is learnt"
    reference: ClassVar[str] = "after the code of MIScope (2026)"
    cost: ClassVar = "expensive"
    columns: ClassVar[Mapping[str, str]] = {
        "a": "first operand",
        "b": "second operand",
        "label": "the right answer",
        "split": "train or test; all where the split is unknown",
        "graduated": "the step; empty for a row that does not graduate",
        "right": "whether it is right at the last checkpoint",
    }

    sustained: Annotated[int, Field(ge=1)] = 3

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or needs_checkpoints(run) or needs_all_pairs(run)

    def compute(self, run: Run, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        grid = run.grid
        right = np.stack([(run.snapshot(step).predictions == grid.labels).numpy() for step in run.steps])
        split = np.full(len(grid.labels), "all", dtype=object)
        for name in ("train", "test"):
            if name in grid.subsets:
                split[grid.subsets[name].numpy()] = name
        a, b = grid.operands.T.numpy()
        found = {"a": a, "b": b, "label": grid.labels.numpy(), "split": split}
        return pd.DataFrame({**found, "graduated": graduations(right, np.array(run.steps), self.sustained), "right": right[-1]})

    def plot(self, result: pd.DataFrame) -> go.Figure:
        over = result.pivot(index="a", columns="b", values="graduated")
        field = heatmap(over.to_numpy(), x=over.columns.to_numpy(), y=over.index.to_numpy(), x_title="b", y_title="a", value_title="step")
        shares = [_course(rows).assign(split=name) for name, rows in result.groupby("split")]
        if not (shown := pd.concat(shares)).empty:
            line = curves(shown, x="step", y="share", color="split", x_title="step", y_title="share of rows that graduated")
            return panels([field, line], titles=["Step of graduation", "Rows over training"])
        return field

    def headline(self, result: pd.DataFrame) -> Headline:
        found: Headline = {}
        for split in ("train", "test"):
            rows = result[result["split"] == split]
            found |= _of_split(split, rows["graduated"], known=not (result["split"] == "all").all())
        accuracy = result.groupby("label")["right"].mean()
        return {
            **found,
            "hardest_label": int(accuracy.index.to_numpy()[accuracy.argmin()]),
            "accuracy_of_hardest_label": float(accuracy.min()),
        }


def graduations(right: NDArray[np.bool_], steps: NDArray[np.int64], sustained: int) -> NDArray[np.float64]:
    """First step from which each row is right that many times in a row (n,), NaN for never; from (checkpoints, n)."""
    if len(right) < sustained:
        return np.full(right.shape[1], np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(right, sustained, axis=0).all(-1)
    return np.where(windows.any(0), steps[windows.argmax(0)].astype(float), np.nan)


def _of_split(split: str, graduated: pd.Series, *, known: bool) -> Headline:
    """Share of the rows of a split that graduate, and the step by which half of them have."""
    if not len(graduated):
        why = Missing(f"this run has no {split} rows") if known else UNKNOWN_SPLIT
        return {f"graduated_{split}": why, f"half_{split}": why}
    half = graduated.fillna(np.inf).sort_values().iloc[(len(graduated) - 1) // 2]
    never = Missing(f"fewer than half of the {split} rows graduate")
    return {f"graduated_{split}": float(graduated.notna().mean()), f"half_{split}": int(half) if np.isfinite(half) else never}


def _course(rows: pd.DataFrame) -> pd.DataFrame:
    """Share of some rows that have graduated by each step at which one did."""
    counts = rows["graduated"].value_counts().sort_index().cumsum() / len(rows)
    return pd.DataFrame({"step": counts.index.astype(int), "share": counts.to_numpy()})
