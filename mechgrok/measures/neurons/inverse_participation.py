"""How periodic each neuron is."""

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
    """Inverse participation ratio of each last-layer neuron over frequencies k = 1 .. p // 2 (no constant): 1 for a single one.

    IPR_r = sum_k (P_k / sum P)^r, which for r = 2 is (|x|_4 / |x|_2)^4 of x_k = sqrt(P_k), from 1 / (p // 2) to 1. On the output side
    P_k is the power of the neuron's row of W_L = W_out W_U along the number logits. On the activation side P_k is the energy over all
    (a, b) of the neuron's 2-D Fourier block {const, cos k, sin k}^2 less its constant cell, so sum P leaves out products of two
    frequencies. A neuron's IPR is the mean of its two sides. Where the source takes weights before the neuron this takes activations, but
    for neurons that read one-hot tokens, as the source's do: then that side is the mean IPR of the weights to each position's tokens, and
    a neuron's IPR the mean over these and its output.
    """

    name: ClassVar[str] = "inverse-participation"
    title: ClassVar[str] = "Inverse participation ratio of the neurons"
    reference: ClassVar[str] = "Doshi et al. 2023 (arXiv 2310.13061), definition of the IPR; Gromov 2023 (arXiv 2301.02679)"
    columns: ClassVar[Mapping[str, str]] = {
        "neuron": "index into d_mlp",
        "activation": "IPR of its activations over (a, b), or of its weights to one-hot tokens; empty for a neuron without variance",
        "output": "IPR of its row of W_L; empty for a row that is constant over the tokens",
        "ipr": "mean of the two; empty where one is",
    }

    r: Annotated[float, Field(gt=1)] = 2

    def caption(self) -> str:
        return f"{super().caption()} Here r = {self.r:g}."

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or needs_neurons(run) or needs_all_pairs(run, self.basis_in(run.task))

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        before, count = self._before(snapshot)
        table = pd.DataFrame({"activation": before, "output": self._of_neurons(_row_powers(snapshot.neuron_logit_map))})
        return table.assign(neuron=range(len(table)), ipr=(count * table["activation"] + table["output"]) / (count + 1))

    def _before(self, snapshot: Snapshot) -> tuple[list[float], int]:
        """The IPR before each neuron, and of how many vectors it is the mean."""
        import numpy as np

        W_in = snapshot.architecture.reads_tokens(snapshot.parameters)
        if W_in is None:
            return self._of_neurons(snapshot.neuron_power[0] * snapshot.neurons_vary), 1
        of_positions = [self._of_neurons(_row_powers(position[snapshot.tokens].T)) for position in W_in]
        return np.mean(of_positions, axis=0).tolist(), len(of_positions)

    def _of_neurons(self, powers: Tensor) -> list[float]:
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
        empty = Missing("no neuron varies over the table and over the logits")
        return {f"mean_{name}": empty if pd.isna(value) else float(value) for name, value in means.items()}


def _row_powers(W_L: Tensor) -> Tensor:
    """P_k of every row (d_mlp, p) -> (p // 2, d_mlp); zeros for rows that are constant up to rounding."""
    import torch

    from mechgrok.maths.harmonic import fourier

    squares = fourier.coefficients(W_L.T).square()
    powers = torch.zeros(W_L.shape[1] // 2 + 1, len(W_L), dtype=torch.float64)
    constant, *_ = powers.index_add_(0, fourier.row_frequency(W_L.shape[1]), squares)
    return powers[1:] * (powers[1:].sum(0) > 1e-24 * constant)
