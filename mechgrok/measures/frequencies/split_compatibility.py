"""Frequencies that the train rows favour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.basis import WITHOUT_ALGEBRA
from mechgrok.measures.base.measure import Headline, Missing, RunMeasure
from mechgrok.measures.shared.by_split import UNKNOWN_SPLIT
from mechgrok.plots.primitives import bars, panels
from mechgrok.tasks.charts import chart

if TYPE_CHECKING:
    from mechgrok.runs.grid import Grid
    from mechgrok.runs.run import Run


@dataclass(frozen=True)
class SplitCompatibility(RunMeasure):
    """Condition number of the cosine and sine of each frequency of the phase on the train rows; no weights enter.

    G_k = mean over train rows of (cos w_k s, sin w_k s)^T (cos w_k s, sin w_k s), s the phase (a + b for addition), in the basis of the
    task; condition = largest / smallest eigenvalue of G_k = (1 + R_k) / (1 - R_k), R_k = |mean over train rows of exp(2 i w_k s)|. 1 means
    that the rows determine both components equally well; the whole table has 1 at every frequency. excess = R_k^2 / E R^2, E R^2 = (N -
    n) / (n (N - 1)) over all choices of n of the N rows: near 1 on average for a random split, and above 3 at one frequency in twenty. The
    choice of 2 x 2 matrices is that of the source; phases of a and of b alone are not considered.
    """

    name: ClassVar[str] = "split-compatibility"
    by_default: ClassVar[bool] = False
    title: ClassVar[str] = "Frequencies that the split favours"
    reference: ClassVar[str] = "after the code of MIScope (2026); the expectation over splits is computed here"
    columns: ClassVar[Mapping[str, str]] = {
        "frequency": "k, from 1 to p // 2",
        "condition": "condition number of G_k, at least 1; empty for k = p / 2, which has no sine, and where G_k is singular",
        "excess": "R_k^2 over its mean over all choices of as many rows; empty where there is one choice or k = p / 2",
    }

    def obstacle(self, run: Run) -> str | None:
        if run.task.basis is None or chart(run.task.basis, run.task.numbers) is None:
            return WITHOUT_ALGEBRA
        if "train" not in run.grid.subsets:
            return UNKNOWN_SPLIT
        grid = _grid(run)
        if not grid.subsets["train"].any():
            return "no train row lies in the basis of this task"
        uniform = bool((grid.counts == grid.counts[0]).all()) and bool((grid.phase >= 0).all())
        return None if uniform else "the phases of this task are not equally frequent in the table, so the split is not what favours them"

    def compute(self, run: Run, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.harmonic import compatibility

        grid = _grid(run)
        train = grid.subsets["train"]
        R = compatibility.second_moments(grid.phase[train], grid.p)
        expected = compatibility.expected_square(len(train), int(train.sum()))
        condition = ((1 + R) / (1 - R)).where(R < 1 - 1e-12, float("nan"))
        excess = R.square() / expected if expected else R * float("nan")
        return pd.DataFrame({"frequency": range(1, len(R) + 1), "condition": condition.numpy(), "excess": excess.numpy()})

    def plot(self, result: pd.DataFrame) -> go.Figure:
        above = result.assign(above=result["condition"] - 1)
        condition = bars(above, x="frequency", y="above", x_title="frequency k", y_title="condition number \N{MINUS SIGN} 1")
        excess = bars(result, x="frequency", y="excess", x_title="frequency k", y_title="R\N{SUPERSCRIPT TWO} / its mean over splits")
        return panels([condition, excess], titles=["Conditioning", "Beside random splits"])

    def headline(self, result: pd.DataFrame) -> Headline:
        known = result.dropna(subset=["condition"])
        if known.empty:
            return dict.fromkeys(("best", "worst", "largest_condition"), Missing("no frequency has a regular Gram matrix"))
        order = known.sort_values("condition")
        return {
            "best": int(order["frequency"].iloc[0]),
            "worst": int(order["frequency"].iloc[-1]),
            "largest_condition": float(order["condition"].iloc[-1]),
        }


def _grid(run: Run) -> Grid:
    """The table in the basis of the task."""
    found = chart(run.task.basis, run.task.numbers) if run.task.basis else None
    assert found is not None
    return run.grid if found.basis == "additive" else run.grid.in_chart(found)
