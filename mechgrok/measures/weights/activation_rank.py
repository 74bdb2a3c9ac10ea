"""Dimensions of the activations of the neurons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.measure import Headline, Measure, Missing, last, step_title
from mechgrok.measures.shared.obstacles import needs_neurons
from mechgrok.plots.primitives import bars
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

DIMENSIONS = {
    "effective": "effective rank",
    "stable": "stable rank",
    "two_nn": "intrinsic (TwoNN)",
}


@dataclass(frozen=True)
class ActivationRank(Measure):
    """Number of dimensions of the neurons' activations over all rows: effective rank, stable rank and local intrinsic dimension (TwoNN).

    N (rows, d_mlp): activations of the last layer after the nonlinearity, at the read position, centred per neuron; sigma its singular
    values. effective = exp(H(sigma / sum sigma)), H the entropy in nats; stable = |N|_F^2 / |N|_2^2. TwoNN: d = (n - 1) / sum log(r_2 /
    r_1), r_1 and r_2 the distances of a row to its two nearest neighbours in a fixed random sample of the rows with a <= b; rows with a >
    b are left out because a commutative network has nearly equal activations on (a, b) and (b, a).
    """

    name: ClassVar[str] = "activation-rank"
    title: ClassVar[str] = "Dimensions of the neurons"
    reference: ClassVar[str] = "Roy and Vetterli 2007, EUSIPCO, section 2; Facco et al. 2017 (arXiv 1803.06992), section 2"
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"
    columns: ClassVar[Mapping[str, str]] = {
        "dimension": "effective, stable or two_nn",
        "value": "number of dimensions; 0 for ranks of constant activations, empty for two_nn without two distinct neighbours",
        "points": "number of rows that it is computed from",
    }

    sample: Annotated[int, Field(ge=3)] = 3000
    """The most rows for TwoNN, whose time grows with the square of their number."""

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or needs_neurons(run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        import torch

        from mechgrok.maths.statistics import ranks

        neurons, operands = snapshot.neurons, snapshot.grid.operands
        sigma = _centred_singular_values(neurons)
        ascending = (operands.diff(dim=1) >= 0).all(1).nonzero()[:, 0]
        order = torch.randperm(len(ascending), generator=torch.Generator().manual_seed(0))
        points = neurons[ascending[order[: self.sample]]]
        values = (ranks.effective_rank(sigma), ranks.stable_rank(sigma), ranks.two_nn(points))
        return pd.DataFrame({"dimension": list(DIMENSIONS), "value": values, "points": [len(neurons), len(neurons), len(points)]})

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        named = now.assign(dimension=now["dimension"].map(DIMENSIONS)).fillna({"value": 0.0})
        shown = bars(named, x="dimension", y="value", numbers=True, x_title="kind of dimension", y_title="dimensions of the neurons")
        return shown.update_layout(title_text=step_title(now))

    def headline(self, result: pd.DataFrame) -> Headline:
        found = last(result).set_index("dimension")["value"]
        none = Missing("too few rows have two neighbours at different distances")
        return {name: none if pd.isna(found[name]) else float(found[name]) for name in DIMENSIONS}


def _centred_singular_values(neurons: Tensor) -> Tensor:
    """Singular values of N - mean over the rows, from N^T N - n mean^T mean to save a copy; values at rounding level are 0."""
    import torch

    square, mean = neurons.T @ neurons, neurons.mean(0)
    gram = square - len(neurons) * torch.outer(mean, mean)
    values = torch.linalg.eigvalsh(gram).flip(0)
    return values.where(values > 1e-13 * float(square.trace()), 0.0).sqrt()
