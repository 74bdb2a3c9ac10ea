"""Histograms of the entries of the parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.measure import Headline, Measure, last
from mechgrok.plots.primitives import bars, panels

if TYPE_CHECKING:
    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class WeightHistogram(Measure):
    """Histogram of the entries of each parameter ('=' included), in equal bins from its smallest to its largest entry.

    count_i = number of entries w with low_i <= w < high_i, in the last bin also w = high_i. A parameter whose entries are all equal has one
    bin of zero width. The figure shows the twelve parameters with most entries, without those whose entries are all equal.
    """

    has_null: ClassVar[bool] = False
    name: ClassVar[str] = "weight-histogram"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Histograms of the weights"
    reference: ClassVar[str] = "Furuta et al. 2024 (arXiv 2402.16726), published code"
    columns: ClassVar[Mapping[str, str]] = {
        "parameter": "TransformerLens name",
        "low": "lower edge of the bin",
        "high": "upper edge of the bin",
        "count": "number of entries in the bin",
    }
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"

    bins: Annotated[int, Field(ge=1)] = 60

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        each = [self._histogram(name, tensor.numpy()) for name, tensor in sorted(snapshot.parameters.items())]
        return pd.concat(each, ignore_index=True)

    def _histogram(self, name: str, weight: np.ndarray) -> pd.DataFrame:
        low, high = weight.min(), weight.max()
        counts, edges = np.histogram(weight, self.bins) if low < high else (np.array([weight.size]), np.array([low, high]))
        return pd.DataFrame({"parameter": name, "low": edges[:-1], "high": edges[1:], "count": counts})

    def plot(self, result: pd.DataFrame, most: int = 12) -> go.Figure:
        now = last(result)
        spread = now[now["low"] < now["high"]] if (now["low"] < now["high"]).any() else now
        entries = spread.groupby("parameter")["count"].sum().nlargest(most)
        shown = spread[spread["parameter"].isin(entries.index)].assign(middle=(spread["low"] + spread["high"]) / 2)
        parts = {str(name): part for name, part in shown.groupby("parameter")}
        drawn = [bars(part, x="middle", y="count", x_title="weight", y_title="entries") for part in parts.values()]
        return panels(drawn, titles=list(parts))

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        by_parameter = now.groupby("parameter")
        ranges = pd.DataFrame({"low": by_parameter["low"].min(), "high": by_parameter["high"].max()})
        return {
            "entries": int(now["count"].sum()),
            "range_by_parameter": {str(name): [float(row["low"]), float(row["high"])] for name, row in ranges.iterrows()},
        }
