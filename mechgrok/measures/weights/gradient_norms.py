"""Gradient of the train loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.measure import Headline, Measure, Missing, last, step_title
from mechgrok.measures.shared.parameter_groups import gradients
from mechgrok.measures.weights.parameter_names import by_parameter
from mechgrok.measures.weights.train_loss import needs_train_rows, train_loss
from mechgrok.plots.primitives import panels
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class GradientNorms(Measure):
    """Norm of the gradient of the train loss (nats per unit of weight) for each parameter and for all, and its alignment with the weights.

    g = gradient of the mean cross-entropy over the train rows (all rows where the split is unknown), full batch, over the number classes,
    in float64; norm = |g|; alignment = cos(-g, w) = -<g, w> / (|g| |w|), over all entries of a parameter. Near 1, a gradient step mostly
    scales the weights up (naive loss minimisation).
    """

    name: ClassVar[str] = "gradient-norms"
    title: ClassVar[str] = "Gradient of the train loss"
    reference: ClassVar[str] = "Prieto et al. 2025 (arXiv 2501.04697), section 4 (naive loss minimisation)"
    columns: ClassVar[Mapping[str, str]] = {
        "parameter": "TransformerLens name, or total for all weights as one vector",
        "norm": "norm of the gradient, nats per unit of weight",
        "weight_norm": "norm of the weights",
        "alignment": "cosine between -gradient and weights, from -1 to 1; empty where one of them is zero",
    }
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"

    def obstacle(self, run: Run) -> str | None:
        return needs_train_rows(run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        weights = dict(sorted(snapshot.parameters.items()))
        found = gradients(train_loss(snapshot), weights)
        pairs = [(name, found[name], weight) for name, weight in weights.items()]
        rows = [(name, float(g.square().sum()), float(w.square().sum()), -float((g * w).sum())) for name, g, w in pairs]
        parts = pd.DataFrame(rows, columns=["parameter", "gg", "ww", "gw"]).set_index("parameter")
        parts.loc["total"] = parts.sum()
        table = pd.DataFrame({"norm": parts["gg"] ** 0.5, "weight_norm": parts["ww"] ** 0.5})
        product = table["norm"] * table["weight_norm"]
        return table.assign(alignment=(parts["gw"] / product).where(product > 0)).reset_index()

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        beyond_rounding = now[now["norm"] > 1e-12 * now["norm"].max()]
        norm = by_parameter(beyond_rounding, "norm", log_y=True, y_title="norm of the gradient")
        cosine = by_parameter(now, "alignment", y_title="cosine of −gradient, weights")
        return panels([norm, cosine], titles=[f"Norm, {step_title(now).lower()}", "Alignment with the weights"])

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result).set_index("parameter")
        alignment, parts = float(now["alignment"]["total"]), now.drop(index="total")
        return {
            "norm": float(now["norm"]["total"]),
            "alignment": Missing("the gradient or the weights are zero") if np.isnan(alignment) else alignment,
            "norm_by_parameter": {str(name): float(value) for name, value in parts["norm"].items()},
            "alignment_by_parameter": {str(name): float(value) for name, value in parts["alignment"].dropna().items()},
        }
