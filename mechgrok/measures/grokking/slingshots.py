"""Spikes of the train loss after it was first low."""

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
    median_interval,
    missing_reason,
    plotted,
    thin_for_plot,
    train_test_curves,
)
from mechgrok.plots.primitives import curves

if TYPE_CHECKING:
    from mechgrok.runs.run import Run

Positive = Annotated[float, Field(gt=0)]


@dataclass(frozen=True)
class Slingshots(OfCurves):
    """Spikes of the train loss above .05 nats, after it was first below .01 nats.

    readings_above = number of readings with loss > threshold. A spike is a group of such readings of which no two neighbours are more
    than 50 steps apart. elevated = number of readings of the last 30 000 steps with loss > .001. All three depend on how often the run
    was evaluated: readings every 100 steps miss most spikes. The first step with a low loss is not `memorised` of grok-times, which is
    a threshold of the train accuracy.
    """

    name: ClassVar[str] = "slingshots"
    title: ClassVar[str] = "Spikes of the train loss"
    reference: ClassVar[str] = "Thilak et al. 2022 (arXiv 2206.04817), section 2; Nanda et al. 2023 (arXiv 2301.05217), appendix (float32)"
    columns: ClassVar[Mapping[str, str]] = {
        **READING,
        "value": "train cross-entropy (nats) of a reading, or the highest of a spike",
        "spike": "number of the spike, from 1; 0 for all readings since the loss was first low",
        "end_step": "last reading of the spike above the threshold; last reading of the run for 0",
        "readings": "number of readings above the threshold",
        "elevated": "for 0: number of readings of the last steps above the lower threshold",
        "elevated_of": "for 0: number of readings of the last steps",
        "interval": "for 0: median number of steps between two readings",
        "why": "the reason where nothing is computed",
    }

    threshold: Positive = 0.05
    memorised_below: Positive = 0.01
    apart: Annotated[float, Field(ge=0)] = 50
    """The most steps between two successive readings of one spike."""
    elevated_above: Positive = 0.001
    window: Annotated[int, Field(ge=1)] = 30_000
    """Number of last steps in which elevated readings are counted."""

    def compute(self, run: Run, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        curve = train_test_curves(run, given, "loss")
        rows = self._rows(curve_of_split(curve, "train"), missing_reason(run, curve, "train", "loss"))
        table = pd.concat([pd.DataFrame(rows), thin_for_plot(curve)], ignore_index=True).reindex(columns=list(self.columns))
        return table.assign(**table[["split", "source", "why"]].fillna(""))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        points, marks = plotted(result), {f"loss < {self.memorised_below:g}": _since_low(result)["step"]}
        y_title = f"{points['split'].iloc[0]} cross-entropy (nats)"
        return curves(points[points["split"] == points["split"].iloc[0]], x="step", y="value", marks=marks, log_y=True, y_title=y_title)

    def headline(self, result: pd.DataFrame) -> Headline:
        since, spikes = _since_low(result), result[result["spike"] > 0]
        values = {
            "first_low_loss": since["step"],
            "spikes": len(spikes),
            "readings_above": since["readings"],
            "highest": since["value"],
            "elevated": since["elevated"],
            "elevated_of": since["elevated_of"],
            "interval": since["interval"],
        }
        return {key: headline_number(value, since["why"]) for key, value in values.items()}

    def _rows(self, train: pd.DataFrame, unknown: str) -> list[dict[str, Any]]:
        start = None if unknown else first_crossing(train["step"].to_numpy(), train["value"].to_numpy(), self.memorised_below, rising=False)
        if start is None:
            never = f"the train loss was not below {self.memorised_below:g} nats by step {train['step'].max()}"
            return [{"part": "spike", "spike": 0, "why": unknown or never}]
        since = train[train["step"] >= start]
        found = episodes(since["step"], since["value"] > self.threshold, self.apart)
        everything = self._row_since_low(since) | {"interval": median_interval(train)}
        return [everything, *(self._row(since.iloc[low : high + 1], number) for number, (low, high) in enumerate(found, 1))]

    def _row(self, inside: pd.DataFrame, number: int) -> dict[str, Any]:
        above, ends = int((inside["value"] > self.threshold).sum()), inside["step"].iloc[[0, -1]].tolist()
        place = {"part": "spike", "spike": number, "split": "train", "source": inside["source"].iloc[0]}
        return place | {"step": ends[0], "end_step": ends[1], "readings": above, "value": inside["value"].max()}

    def _row_since_low(self, since: pd.DataFrame) -> dict[str, Any]:
        late = since.loc[since["step"] > since["step"].max() - self.window, "value"]
        counts = {"elevated": int((late > self.elevated_above).sum()), "elevated_of": len(late)}
        return self._row(since, 0) | counts


def _since_low(result: pd.DataFrame) -> pd.Series[Any]:
    return result[result["spike"] == 0].iloc[0]
