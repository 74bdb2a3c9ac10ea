"""Loss with attention replaced by differences of two waves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.ablations import ablations
from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, Measure
from mechgrok.measures.neurons.attention_fit import AttentionFit
from mechgrok.measures.shared.obstacles import needs_attention
from mechgrok.measures.shared.operand_attention import operand_positions
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class LinearAttentionLoss(InBasis):
    """Cross-entropy (nats) and accuracy on each split when the attention of every head is replaced by its fit of attention-fit.

    Attention to a becomes A'(a, b) = constant + alpha (cos w_k a - cos w_k b) + beta (sin w_k a - sin w_k b), with the coefficients of
    attention-fit, also where it is below 0 or above 1. Attention to other positions ('=' itself) is unchanged; attention to b becomes A_a
    + A_b - A', so that the sum is unchanged. The unablated network is the reference. Float64, one-layer networks.
    """

    name: ClassVar[str] = "linear-attention-loss"
    title: ClassVar[str] = "Loss with attention as a difference of waves"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 4.4 and appendix on attention patterns"
    columns: ClassVar[Mapping[str, str]] = {"variant": "unablated, or linear: the patterns of all heads replaced", **ablations.COLUMNS}
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"

    @property
    def requires(self) -> Mapping[str, Measure]:
        return {"fit": AttentionFit(basis=self.basis)}

    def obstacle(self, run: Run) -> str | None:
        layers = run.network.layers
        if needs_attention(run):
            return needs_attention(run)
        return f"the network has {layers} layers; this measure needs one" if layers > 1 else super().obstacle(run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.measures.shared import edited_attention

        a, b = operand_positions(snapshot.grid.task)
        fitted = _fitted(given["fit"], snapshot.p)

        def replace(scores: Tensor, rows: slice) -> Tensor:
            pattern = edited_attention.pattern(snapshot, scores)
            pattern[..., b] += pattern[..., a] - fitted[rows]
            pattern[..., a] = fitted[rows]
            return pattern

        return ablations.losses_of(snapshot, [("linear", edited_attention.logits(snapshot, replace))])

    def plot(self, result: pd.DataFrame) -> go.Figure:
        return ablations.losses_figure(result)

    def headline(self, result: pd.DataFrame) -> Headline:
        return ablations.losses_headline(result)


def _fitted(fit: pd.DataFrame, p: int) -> Tensor:
    """The fitted attention to a in every row (p * p, head)."""
    import torch

    from mechgrok.maths.harmonic import fits

    heads = []
    numbers = (fit[name].tolist() for name in ("frequency", "constant", "alpha", "beta"))
    for k, constant, alpha, beta in zip(*numbers, strict=True):
        cosine, sine = fits.difference_wave(p, k)
        heads.append((constant + alpha * cosine + beta * sine).flatten())
    return torch.stack(heads, dim=1)
