"""Separation of the answers in the last hidden state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.measure import Headline, Measure, Missing, last
from mechgrok.measures.shared.by_split import UNKNOWN_SPLIT
from mechgrok.measures.shared.last_state import last_state
from mechgrok.plots.primitives import curves, panels
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from mechgrok.runs.snapshot import Snapshot

FLOOR = 1e-8
"""Added to the distance within classes, as in the paper."""
EARLY = 3
"""The number of first checkpoints whose median is the early value."""


@dataclass(frozen=True)
class ClassSeparation(Measure):
    """Ratio of the squared distance between the centres of two answers to that within an answer (ILDR), in the last hidden state.

    ratio = between / (within + 1e-8); between = mean over pairs of labels c, c' of |mu_c - mu_c'|^2; within = mean over rows of |x -
    mu_label|^2. x: the vector that the last matrix maps to the logits; mu_c: its mean over the rows of label c. Test rows; labels without
    test rows do not count. Alarm: the first checkpoint at which the ratio is at least 2.5 times its early value, the median of the first
    three checkpoints (the paper's early value was not read). Random x, with m rows of each label, have ratio 2 / (m - 1), not 0.
    """

    name: ClassVar[str] = "class-separation"
    by_default: ClassVar[bool] = False
    title: ClassVar[str] = "Separation of the answers (ILDR)"
    reference: ClassVar[str] = "ILDR: arXiv 2604.20923 (2026), abstract; early value as chosen here"
    columns: ClassVar[Mapping[str, str]] = {
        "rows": "number of test rows",
        "between": "mean squared distance between the centres of two labels; empty where fewer than two labels have test rows",
        "within": "mean squared distance of a row from the centre of its label; empty without test rows",
        "ratio": "between / (within + 1e-8)",
    }

    factor: Annotated[float, Field(gt=1)] = 2.5
    """The ratio over its early value at which the alarm is given."""

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or (UNKNOWN_SPLIT if "test" not in run.grid.subsets else None)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.statistics import separation

        test = snapshot.grid.subsets["test"]
        between, within = separation.class_distances(last_state(snapshot)[test], snapshot.grid.labels[test])
        return pd.DataFrame([(int(test.sum()), between, within, between / (within + FLOOR))], columns=list(self.columns))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        ratio = curves(result, x="step", y="ratio", marks=self._marks(result), log_y=True, x_title="step", y_title="between / within")
        named = {"between": "between answers", "within": "within an answer"}
        long = result.rename(columns=named).melt("step", list(named.values()), var_name="rows", value_name="distance")
        parts = curves(long, x="step", y="distance", color="rows", log_y=True, x_title="step", y_title="mean squared distance")
        return panels([ratio, parts], titles=["Ratio, test rows", "Its parts"])

    def headline(self, result: pd.DataFrame) -> Headline:
        ratio = last(result)["ratio"].iloc[0]
        if pd.isna(ratio):
            return dict.fromkeys(("ratio", "alarm"), Missing("fewer than two labels have test rows"))
        alarm = self._alarm(result)
        never = Missing(f"no checkpoint has {self.factor:g} times the early ratio")
        return {"ratio": float(ratio), "alarm": never if alarm is None else alarm}

    def _alarm(self, result: pd.DataFrame) -> int | None:
        """The step of the alarm."""
        ordered = result.sort_values("step")
        above = ordered[ordered["ratio"] >= self.factor * ordered["ratio"][:EARLY].median()]
        return int(above["step"].iloc[0]) if len(above) else None

    def _marks(self, result: pd.DataFrame) -> dict[str, float]:
        alarm = self._alarm(result)
        return {} if alarm is None else {"alarm": alarm}
