"""L1 norm, L2 norm and root mean square of the weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.measure import Headline, Measure, last, step_title
from mechgrok.measures.weights.parameter_names import by_parameter
from mechgrok.plots.primitives import curves, panels

if TYPE_CHECKING:
    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class ParameterNorms(Measure):
    """L1 norm, L2 norm and root mean square of each parameter, over all its entries ('=' included), in units of the weights.

    L1 = sum_i |w_i|; L2 = sqrt(sum_i w_i^2); RMS = L2 / sqrt(n), n entries. total_L1 and total_L2: norms of all weights as one vector;
    total_RMS = total_L2 / sqrt(all n); mean_L1 and mean_L2: means over parameters, without those that are all zero, such as biases that
    are not trained.
    """

    name: ClassVar[str] = "parameter-norms"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "L1, L2 and RMS norms of the weights"
    reference: ClassVar[str] = (
        "Furuta et al. 2024 (arXiv 2402.16726), published code (means over tensors); "
        "Power et al. 2022 (arXiv 2201.02177), published code (RMS)"
    )
    columns: ClassVar[Mapping[str, str]] = {
        "parameter": "TransformerLens name",
        "entries": "number of its entries",
        "l1": "sum of absolute values",
        "l2": "square root of the sum of squares",
        "rms": "root mean square of its entries",
    }

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        rows = [(name, w.numel(), float(w.abs().sum()), float(w.norm())) for name, w in sorted(snapshot.parameters.items())]
        table = pd.DataFrame(rows, columns=["parameter", "entries", "l1", "l2"])
        return table.assign(rms=table["l2"] / table["entries"] ** 0.5)

    def plot(self, result: pd.DataFrame) -> go.Figure:
        norms = [
            curves(_over_tensors(result, norm), x="step", y="norm", color="of", log_y=True, x_title="step", y_title=f"{norm.upper()} norm")
            for norm in ("l1", "l2")
        ]
        now = last(result)
        rms = by_parameter(now[now["rms"] > 0], "rms", y_title="root mean square")
        return panels([*norms, rms], titles=["L1 norm", "L2 norm", f"RMS, {step_title(now).lower()}"])

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        found = {name: _summary(now, name) for name in ("l1", "l2")}
        rms = found["l2"]["total"] / float(now["entries"].sum()) ** 0.5
        by_parameter = {str(name): float(value) for name, value in now.set_index("parameter")["rms"].items()}
        norms = {f"{kind}_{name}": value for name, both in found.items() for kind, value in both.items()}
        return norms | {"total_rms": rms, "rms_by_parameter": by_parameter}


def _summary(now: pd.DataFrame, norm: str) -> dict[str, float]:
    """The norm of all weights as one vector, and the mean over parameters that are not all zero."""
    values = now[norm]
    total = values.sum() if norm == "l1" else (values**2).sum() ** 0.5
    return {"total": float(total), "mean": float(values.sum() / max(1, (values > 0).sum()))}


def _over_tensors(result: pd.DataFrame, norm: str) -> pd.DataFrame:
    rows = [(step, kind, value) for step, now in result.groupby("step") for kind, value in _summary(now, norm).items()]
    named = {"total": "all weights", "mean": "mean over tensors"}
    return pd.DataFrame(rows, columns=["step", "of", "norm"]).replace({"of": named})
