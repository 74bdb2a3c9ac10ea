"""Inverse participation ratio of the neurons in Fourier space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, Missing, last
from mechgrok.measures.shared.obstacles import needs_all_pairs, needs_neurons
from mechgrok.measures.shared.over_training import beside_training
from mechgrok.plots.primitives import curves, histogram
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

SIDES = ("activation", "output")


@dataclass(frozen=True)
class InverseParticipation(InBasis):
    """Inverse participation ratio (IPR) of each last-layer neuron over the frequencies k = 1 .. p // 2: 1 for a single frequency.

    IPR_r = sum_k (P_k / sum P)^r, from 1 / (p // 2) (for r = 2) to 1; for r = 2 it is (|x|_4 / |x|_2)^4, x_k = sqrt(P_k). Output side: P_k
    = power of the neuron's row of W_L = W_out W_U along the number logits. Activation side: P_k = energy over all (a, b) of its 2-D Fourier
    block {const, cos k, sin k}^2 less the constant cell; products of two different frequencies are not in sum P. The IPR of a neuron is
    the mean of the two sides. Variant, for neurons that read one-hot tokens directly, as in the source: the activation side is the mean
    IPR of the weights from the tokens of each position, and the IPR of a neuron the mean over these positions and the output side.
    """

    name: ClassVar[str] = "inverse-participation"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Inverse participation ratio of the neurons"
    reference: ClassVar[str] = "Doshi et al. 2023 (arXiv 2310.13061), definition of the IPR; Gromov 2023 (arXiv 2301.02679)"
    columns: ClassVar[Mapping[str, str]] = {
        "neuron": "index into d_mlp",
        "activation": "IPR of its activations over (a, b), or of its weights from one-hot tokens; empty for a neuron without variance",
        "output": "IPR of its row of W_L; empty where the row is constant over the tokens",
        "ipr": "IPR of the neuron, the mean of the two sides; empty where one of them is",
    }

    r: Annotated[float, Field(gt=1)] = 2

    def caption(self) -> str:
        return f"{super().caption()} Here r = {self.r:g}."

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or needs_neurons(run) or needs_all_pairs(run, self.basis_in(run.task))

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        activation, count = self._of_activations(snapshot)
        table = pd.DataFrame({"activation": activation, "output": self._ratios(_row_powers(snapshot.neuron_logit_map))})
        return table.assign(neuron=range(len(table)), ipr=(count * table["activation"] + table["output"]) / (count + 1))

    def _of_activations(self, snapshot: Snapshot) -> tuple[list[float], int]:
        """The activation side of every neuron, and the number of vectors that it is the mean of."""
        import numpy as np

        W_in = snapshot.architecture.reads_tokens(snapshot.parameters)
        if W_in is None:
            return self._ratios(snapshot.neuron_power[0] * snapshot.neurons_vary), 1
        of_positions = [self._ratios(_row_powers(position[snapshot.tokens].T)) for position in W_in]
        return np.mean(of_positions, axis=0).tolist(), len(of_positions)

    def _ratios(self, powers: Tensor) -> list[float]:
        from mechgrok.maths.statistics import concentration

        return concentration.inverse_participation(powers, self.r).tolist()

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        named = {f"{side} side": now[side].dropna() for side in SIDES}
        spread = histogram(named, bins=30, x_title="IPR", y_title="neurons")
        means = result.groupby("step")[list(SIDES)].mean().rename(columns="{} side".format)
        over = means.melt(ignore_index=False, var_name="side", value_name="ipr").reset_index()
        shown = curves(over, x="step", y="ipr", color="side", x_title="step", y_title="mean IPR over neurons")
        return beside_training(result, spread, shown)

    def headline(self, result: pd.DataFrame) -> Headline:
        means = last(result)[["ipr", *SIDES]].mean()
        empty = Missing("no neuron varies both over the table and along the logits")
        return {f"mean_{name}": empty if pd.isna(value) else float(value) for name, value in means.items()}


def _row_powers(W_L: Tensor) -> Tensor:
    """P_k of every row (d_mlp, p) -> (p // 2, d_mlp); zeros for rows that are constant up to rounding."""
    import torch

    from mechgrok.maths.harmonic import fourier

    squares = fourier.coefficients(W_L.T).square()
    powers = torch.zeros(W_L.shape[1] // 2 + 1, len(W_L), dtype=torch.float64)
    constant, *_ = powers.index_add_(0, fourier.row_frequency(W_L.shape[1]), squares)
    return powers[1:] * (powers[1:].sum(0) > 1e-24 * constant)
