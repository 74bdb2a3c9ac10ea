"""Sharpness of the train loss around the weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.measure import Headline, Measure, last
from mechgrok.measures.weights.train_loss import needs_train_rows, train_loss
from mechgrok.plots.primitives import curves
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class Sharpness(Measure):
    """Sharpness after Keskar et al., in per cent: the largest relative rise of the train loss in a small box of a random subspace.

    f = mean cross-entropy of the train rows (all rows where the split is unknown; number classes, float64); x = all weights as one
    vector. phi = 100 (max_y f(x + A y) - f(x)) / (1 + f(x)) over |y_i| <= epsilon (|A^+ x|_i + 1); the rows of A^+ are uniform in
    [-1, 1], scaled to unit length (seeded), and A is its pseudoinverse. The maximum is the best of several searches with exact gradients
    (a step to the corner of the gradient's signs, then at most 20 iterations of L-BFGS-B): from the centre, as the published code, and from
    random corners of the box.
    """

    name: ClassVar[str] = "sharpness"
    title: ClassVar[str] = "Sharpness of the train loss"
    reference: ClassVar[str] = "Keskar et al. 2017 (arXiv 1609.04836), section 2.2.2; Power et al. 2022 (arXiv 2201.02177), published code"
    columns: ClassVar[Mapping[str, str]] = {
        "loss": "f at the weights, nats",
        "rise": "largest rise of f found in the box, nats",
        "sharpness": "phi, per cent",
    }
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"

    dimension: Annotated[int, Field(ge=1)] = 10
    epsilon: Annotated[float, Field(gt=0)] = 1e-3
    corners: Annotated[int, Field(ge=0)] = 2
    seed: int = 0

    def caption(self) -> str:
        setting = f"Here {self.dimension} dimensions, epsilon = {self.epsilon:g}, {self.corners} corners, seed {self.seed}."
        return f"{super().caption()} {setting}"

    def obstacle(self, run: Run) -> str | None:
        return needs_train_rows(run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        import torch

        from mechgrok.maths.landscape import sharpness

        loss, names = train_loss(snapshot), list(snapshot.parameters)
        tensors = [snapshot.parameters[name] for name in names]
        point = torch.cat([tensor.flatten() for tensor in tensors])
        draw = torch.Generator().manual_seed(self.seed)
        rows = sharpness.random_subspace(len(point), self.dimension, draw)
        corners = 2.0 * torch.randint(2, (self.corners, self.dimension), generator=draw) - 1
        starts = torch.cat([torch.zeros(1, self.dimension), corners]).double()

        def of_vector(vector: Tensor) -> Tensor:
            parts = vector.split([tensor.numel() for tensor in tensors])
            return loss({name: part.view_as(tensor) for name, part, tensor in zip(names, parts, tensors, strict=True)})

        value, rise = sharpness.box_rise(of_vector, point, rows, self.epsilon, starts)
        return pd.DataFrame({"loss": [value], "rise": rise, "sharpness": sharpness.keskar(value, rise)})

    def plot(self, result: pd.DataFrame) -> go.Figure:
        return curves(result, x="step", y="sharpness", log_y=True, x_title="step", y_title="sharpness (per cent)")

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        return {name: float(now[name].iloc[0]) for name in ("sharpness", "loss", "rise")}
