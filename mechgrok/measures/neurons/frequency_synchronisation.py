"""Agreement of the neurons on a frequency, and the number of frequencies that each needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, Missing, last
from mechgrok.measures.shared.obstacles import needs_neurons
from mechgrok.plots.primitives import curves, panels
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class FrequencySynchronisation(InBasis):
    """Share of neurons on the commonest dominant frequency beside chance, and number of frequencies that a neuron's function needs.

    F(s): mean of the activation over the rows of phase s (a + b for addition), less its mean over s; P_k its power at k = 1 .. p // 2.
    Dominant frequency of a neuron = argmax P_k. synchronisation = (share - chance) / (1 - chance), share of the neurons on the commonest
    one, chance = expected share of the commonest of p // 2 equally likely frequencies: 0 for independent neurons, 1 where all agree.
    fourier_rank = the fewest frequencies whose powers add up to 90 % of sum P_k, mean over the neurons. Neurons whose F is constant do
    not count. The source's normalisation was not read; the one by chance is a choice made here, under a name of its own.
    """

    name: ClassVar[str] = "frequency-synchronisation"
    by_default: ClassVar[bool] = False
    title: ClassVar[str] = "Synchronisation of the neurons"
    reference: ClassVar[str] = "after the frequency synchronisation degree and Fourier rank of arXiv 2606.12966 (2026)"
    columns: ClassVar[Mapping[str, str]] = {
        "neurons": "number of neurons whose mean over rows of equal phase is not constant",
        "frequency": "the commonest dominant frequency; 0 without such neurons",
        "share": "share of these neurons on it; empty without such neurons, as are the next columns",
        "synchronisation": "share less chance, over 1 less chance, at most 1; empty where chance is 1",
        "fourier_rank": "mean number of frequencies that hold 90 % of the power",
    }

    power: Annotated[float, Field(gt=0, le=1)] = 0.9
    """The share of the power that the Fourier rank asks for."""

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or needs_neurons(run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.statistics.largest_cell import expected_largest

        powers = _powers(snapshot)
        n, cells = powers.shape[1], len(powers)
        if not n:
            return pd.DataFrame([(0, 0, *3 * (float("nan"),))], columns=list(self.columns))
        counts = powers.argmax(0).bincount(minlength=cells)
        share, chance = float(counts.max()) / n, expected_largest(n, cells) / n
        synchronisation = (share - chance) / (1 - chance) if chance < 1 else float("nan")
        return pd.DataFrame([(n, int(counts.argmax()) + 1, share, synchronisation, self._rank(powers))], columns=list(self.columns))

    def _rank(self, powers: Tensor) -> float:
        held = powers.sort(dim=0, descending=True).values.cumsum(0) / powers.sum(0)
        # The sum itself may round to less than 1.
        return float(((held < self.power - 1e-12).sum(0) + 1).double().mean())

    def plot(self, result: pd.DataFrame) -> go.Figure:
        shown = curves(result, x="step", y="synchronisation", x_title="step", y_title="synchronisation")
        rank = curves(result, x="step", y="fourier_rank", x_title="step", y_title=f"frequencies for {self.power:.0%} of the power")
        return panels([shown, rank], titles=["Agreement on a frequency", "Fourier rank"])

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result).iloc[0]
        reasons = {
            "synchronisation": "there is one frequency or one neuron, so any share is that of chance",
            "fourier_rank": "no neuron depends on the phase",
        }
        if not now["neurons"]:
            reasons["synchronisation"] = reasons["fourier_rank"]
        found: Headline = {name: Missing(why) if pd.isna(now[name]) else float(now[name]) for name, why in reasons.items()}
        return {**found, "frequency": int(now["frequency"]) if now["neurons"] else Missing(reasons["fourier_rank"])}


def _powers(snapshot: Snapshot) -> Tensor:
    """P_k of the neurons that depend on the phase (p // 2, neurons)."""
    import torch

    from mechgrok.maths.harmonic import fourier

    grid, neurons = snapshot.grid, snapshot.neurons
    there = grid.counts > 0
    means = neurons.new_zeros(snapshot.p, neurons.shape[1]).index_add_(0, grid.phase, neurons)
    means = torch.where(there[:, None], means / grid.counts.clamp_min(1)[:, None], 0.0)
    squares = fourier.coefficients(means)[1:].square()
    powers = squares.new_zeros(snapshot.p // 2, squares.shape[1]).index_add_(0, fourier.row_frequency(snapshot.p)[1:] - 1, squares)
    return powers[:, powers.sum(0) > 1e-20 * snapshot.p * neurons.square().mean(0)]
