"""Effective and stable rank of the weight matrices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.measure import Headline, Measure, Missing, last
from mechgrok.measures.shared.obstacles import NO_W_L
from mechgrok.measures.weights.parameter_names import short
from mechgrok.plots.primitives import curves, panels

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class Ranks(Measure):
    """Effective and stable rank of every weight matrix (W_E over the number tokens) and of W_L = W_out W_U (last layer, number columns).

    sigma: singular values of the matrix, not centred. effective = exp(H(q)), q = sigma / sum sigma, H the entropy in nats; stable =
    |M|_F^2 / |M|_2^2 = sum sigma^2 / max sigma^2. The heads of W_Q, W_K and W_V are joined to one matrix (d_model, head * d_head), those
    of W_O to (head * d_head, d_model).
    """

    name: ClassVar[str] = "ranks"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Ranks of the weights"
    reference: ClassVar[str] = (
        "Roy and Vetterli 2007, EUSIPCO, section 2 (effective); Rudelson and Vershynin 2007 (arXiv math/0503442), section 1 (stable)"
    )
    columns: ClassVar[Mapping[str, str]] = {
        "matrix": "W_E (number tokens), W_L (number columns), or the TransformerLens name of a parameter",
        "rows": "number of rows of the matrix",
        "columns": "number of columns of the matrix",
        "effective": "effective rank, from 1 to the smaller side; 0 for a zero matrix",
        "stable": "stable rank, from 1 to the smaller side; 0 for a zero matrix",
    }

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.statistics import ranks

        rows = [
            (name, *matrix.shape, ranks.effective_rank(sigma), ranks.stable_rank(sigma))
            for name, matrix in matrices(snapshot)
            for sigma in [ranks.singular_values(matrix)]
        ]
        return pd.DataFrame(rows, columns=list(self.columns))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        shown = result[result["matrix"] != "pos_embed.W_pos"]
        named = shown.assign(matrix=shown["matrix"].map(short))
        both = [curves(named, x="step", y=rank, color="matrix", x_title="step", y_title=f"{rank} rank") for rank in ("effective", "stable")]
        return panels(both, titles=["Effective rank", "Stable rank"])

    def headline(self, result: pd.DataFrame) -> Headline:
        found = last(result).set_index("matrix")
        pairs = [(matrix, rank) for matrix in ("W_E", "W_L") for rank in ("effective", "stable")]
        none = Missing(NO_W_L)
        return {f"{matrix}_{rank}": float(found[rank][matrix]) if matrix in found.index else none for matrix, rank in pairs}


def matrices(snapshot: Snapshot) -> Iterator[tuple[str, Tensor]]:
    """W_E, W_L and the other weight matrices by their names, heads joined."""
    yield "W_E", snapshot.embedding
    if snapshot.architecture.maps_neurons:
        yield "W_L", snapshot.neuron_logit_map
    for name, weight in sorted(snapshot.weights.items()):
        if name == "embed.W_E":
            continue
        if weight.ndim == 2 and not name.rpartition(".")[2].startswith("b_"):
            yield name, weight
        elif weight.ndim == 3:
            yield name, weight.flatten(0, 1) if name.endswith("W_O") else weight.transpose(0, 1).flatten(1)
