"""A weight matrix as an image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import pandas as pd
import plotly.graph_objects as go

from mechgrok.errors import nearest
from mechgrok.measures.base.measure import Headline, Measure, last, step_title
from mechgrok.plots.primitives import heatmap, panels
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class WeightImage(Measure):
    """The entries of one parameter as an image, all of them ('=' included); one image per head for a parameter with heads.

    value = W[row, column], or W[head, row, column]; a vector is one row. norm = sqrt(sum of value^2), in units of the weights.
    """

    has_null: ClassVar[bool] = False
    name: ClassVar[str] = "weight-image"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "A parameter as an image"
    reference: ClassVar[str] = "Furuta et al. 2024 (arXiv 2402.16726), published code"
    columns: ClassVar[Mapping[str, str]] = {
        "head": "index of the head; 0 for a parameter without heads",
        "row": "first index (second for a parameter with heads)",
        "column": "last index",
        "value": "the entry",
    }
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"

    tensor: str = "embed.W_E"

    def caption(self) -> str:
        return f"{super().caption()} Here: {self.tensor}."

    def obstacle(self, run: Run) -> str | None:
        known = list(run.snapshot().weights)
        return None if self.tensor in known else f"this network has no parameter {self.tensor}{nearest(self.tensor, known)}"

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        import torch

        weight = snapshot.parameters[self.tensor]
        stack = weight[(None,) * (3 - weight.ndim)]
        places = torch.cartesian_prod(*map(torch.arange, stack.shape))
        return pd.DataFrame(places.numpy(), columns=["head", "row", "column"]).assign(value=stack.flatten().numpy())

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        images = [image.pivot(index="row", columns="column", values="value") for _, image in now.groupby("head")]
        drawn = [heatmap(image, symmetric=True, value_title="weight" if len(images) == 1 else "") for image in images]
        return (
            drawn[0].update_layout(title_text=f"{self.tensor}, {step_title(now).lower()}")
            if len(drawn) == 1
            else panels(drawn, titles=[f"Head {index}" for index in range(len(drawn))], columns=2)
        )

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        shape = [int(now[axis].max()) + 1 for axis in ("head", "row", "column")]
        return {"shape": shape, "norm": float((now["value"] ** 2).sum() ** 0.5), "largest": float(now["value"].abs().max())}
