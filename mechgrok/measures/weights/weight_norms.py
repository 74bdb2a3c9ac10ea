"""Sum of the squared weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.measure import Headline, Measure, last
from mechgrok.measures.weights.parameter_names import short
from mechgrok.plots.primitives import curves

if TYPE_CHECKING:
    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class WeightNorms(Measure):
    """Sum of the squared weights of each parameter and of all, over all entries ('=' included; buffers and absent biases excluded).

    sum_of_squares = sum_i w_i^2 over the entries of a parameter; total = its sum over the parameters.
    """

    name: ClassVar[str] = "weight-norms"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Sum of squared weights"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 5.1"
    columns: ClassVar[Mapping[str, str]] = {
        "parameter": "TransformerLens name",
        "sum_of_squares": "sum of the squares of all its entries",
    }

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        squares = [(name, float(weight.double().square().sum())) for name, weight in sorted(snapshot.weights.items())]
        return pd.DataFrame(squares, columns=["parameter", "sum_of_squares"])

    def plot(self, result: pd.DataFrame) -> go.Figure:
        total = result.groupby("step")["sum_of_squares"].sum().reset_index().assign(parameter="total")
        shown = pd.concat([total, result[result["parameter"].isin(_large(result))]])
        named = shown.assign(parameter=shown["parameter"].map(short))
        return curves(named, x="step", y="sum_of_squares", color="parameter", log_y=True, x_title="step", y_title="sum of squares")

    def headline(self, result: pd.DataFrame) -> Headline:
        squares = last(result).set_index("parameter")["sum_of_squares"]
        return {"total": float(squares.sum()), "by_parameter": {str(name): float(value) for name, value in squares.items()}}


def _large(result: pd.DataFrame, share: float = 0.01) -> list[str]:
    """The parameters whose highest sum of squares is at least `share` of the highest of all."""
    peaks = result.groupby("parameter")["sum_of_squares"].max()
    return peaks[peaks >= share * peaks.max()].index.tolist()
