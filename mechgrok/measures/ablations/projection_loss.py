"""Loss with the neurons projected on the key directions of the neuron-logit map, or on their null space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.ablations import ablations
from mechgrok.measures.base.keyed import Keyed, key_set
from mechgrok.measures.base.measure import Headline
from mechgrok.measures.shared.obstacles import needs_linear_readout
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class ProjectionLoss(Keyed):
    """Cross-entropy (nats) and accuracy on each split when the neurons are projected on the key directions of W_L, or on their null space.

    Key directions: u_k, v_k = cosine and sine rows of F W_L^T for the key frequencies k, W_L = W_out W_U, number columns (one direction for
    k = p / 2); Q: an orthonormal basis of their span; N: the neurons of the last layer (after the nonlinearity, not centred). span: L' = L
    + (N Q Q^T - N) W_L; null space: L' = L - N Q Q^T W_L; span and mean: as span, with the mean of N kept. Paths to the logits
    that bypass the neurons are unchanged. Float64.
    """

    name: ClassVar[str] = "projection-loss"
    title: ClassVar[str] = "Loss of the key directions of the neurons"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 4.4"
    columns: ClassVar[Mapping[str, str]] = {
        "variant": "unablated, span (only the key directions are kept), span and mean, or null space (they are removed)",
        **ablations.COLUMNS,
        "directions": "dimension of the span",
    }
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or needs_linear_readout(run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        span = _span(snapshot, key_set(given))
        return ablations.losses_of(snapshot, _variants(snapshot, span)).assign(directions=span.shape[1])

    def plot(self, result: pd.DataFrame) -> go.Figure:
        return ablations.losses_figure(result)

    def headline(self, result: pd.DataFrame) -> Headline:
        return ablations.losses_headline(result) | {"directions": int(result["directions"].iloc[-1])}


def _span(snapshot: Snapshot, keys: list[int]) -> Tensor:
    """An orthonormal basis of the directions u_k, v_k of the key frequencies (d_mlp, directions)."""
    import torch

    from mechgrok.maths.harmonic import fits, fourier

    p = snapshot.p
    rows = [row for k in keys for row in range(p)[fourier.rows_of(k, p)]]
    return fits.orthonormal(fourier.coefficients(snapshot.neuron_logit_map.T)[torch.tensor(rows, dtype=torch.long)].T)


def _variants(snapshot: Snapshot, span: Tensor) -> Iterator[tuple[str, Tensor]]:
    kept = snapshot.neurons @ span @ span.T
    yield "span", snapshot.logits_with_neurons(kept)
    mean = snapshot.neurons.mean(0)
    yield "span and mean", snapshot.logits_with_neurons(kept + (mean - mean @ span @ span.T))
    yield "null space", snapshot.logits_with_neurons(snapshot.neurons - kept)
