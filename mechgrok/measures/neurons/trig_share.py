"""Shares of products of waves, and of waves of the phase, in each neuron before and after the nonlinearity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, Missing, last, step_title
from mechgrok.measures.shared.diagonals import needs_diagonals, phase_sign
from mechgrok.measures.shared.obstacles import needs_all_pairs, needs_neurons
from mechgrok.plots.primitives import histogram, panels
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

STAGES = {"pre": "before the nonlinearity", "post": "after it"}
SHARES = {"quadratic": "products of two waves", "trig": "waves of the phase"}


@dataclass(frozen=True)
class TrigShare(InBasis):
    """Share of the variance of each neuron over all (a, b) in products of two waves, and in waves of the phase, of its frequency.

    N(a, b): the neuron before or after the nonlinearity, last layer, at the read position; k: its frequency, the argmax of the variance
    explained after the nonlinearity over k = 1 .. p // 2. quadratic = energy of N on the 2-D Fourier cells {cos k, sin k} x {cos k, sin k}
    / energy of N - mean N; trig = energy on cos and sin w_k(a + b), for subtraction w_k(a - b) / the same. In the clock algorithm the
    products arise at the nonlinearity.
    """

    name: ClassVar[str] = "trig-share"
    title: ClassVar[str] = "Products of waves in the neurons"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 4.3 and released notebook"
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"
    columns: ClassVar[Mapping[str, str]] = {
        "neuron": "index into d_mlp",
        "frequency": "k, the frequency of the neuron; 0 for a neuron without variance",
        "stage": "pre or post: before or after the nonlinearity",
        "quadratic": "share of variance in products of two waves of frequency k; empty without variance",
        "trig": "share of variance in waves of the phase of frequency k; empty without variance",
    }

    def obstacle(self, run: Run) -> str | None:
        return needs_all_pairs(run, self.basis_in(run.task)) or super().obstacle(run) or needs_neurons(run) or needs_diagonals(self, run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        explained, total = snapshot.neuron_power
        varies = snapshot.neurons_vary
        frequency = ((explained / total.where(varies, 1.0)).argmax(0) + 1) * varies
        return pd.concat(
            [
                _shares(snapshot, neurons, frequency).assign(stage=stage)
                for stage, neurons in (("pre", pre_activations(snapshot)), ("post", snapshot.neurons))
            ],
            ignore_index=True,
        )

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        shown = [
            histogram(
                {words: now.loc[now["stage"] == stage, share].fillna(0.0) for stage, words in STAGES.items()},
                x_title=f"share of variance in {SHARES[share]}",
                y_title="neurons",
            )
            for share in SHARES
        ]
        return panels(shown, titles=[f"{step_title(now)}, {SHARES[share]}" for share in SHARES])

    def headline(self, result: pd.DataFrame) -> Headline:
        means = last(result).groupby("stage")[list(SHARES)].mean()
        none = Missing("all neurons are constant over the table")
        pairs = [(share, stage) for share in SHARES for stage in STAGES]
        return {f"{share}_{stage}": none if pd.isna(means[share][stage]) else float(means[share][stage]) for share, stage in pairs}


def pre_activations(snapshot: Snapshot) -> Tensor:
    """The neurons of the last layer before the nonlinearity, at the read position (n, d_mlp)."""
    return snapshot.activation(f"blocks.{snapshot.architecture.layers - 1}.mlp.hook_pre")


def _shares(snapshot: Snapshot, neurons: Tensor, frequency: Tensor) -> pd.DataFrame:
    import torch

    from mechgrok.maths.harmonic import quadratic

    sign = phase_sign(snapshot.grid)
    assert sign is not None
    grid = neurons.view(snapshot.p, snapshot.p, -1)
    found = torch.full((2, len(frequency)), torch.nan, dtype=torch.float64)
    for k in frequency[frequency > 0].unique().tolist():
        found[:, frequency == k] = torch.stack(quadratic.shares(grid[:, :, frequency == k], k, sign))
    table = {"neuron": range(len(frequency)), "frequency": frequency.numpy(), "quadratic": found[0].numpy(), "trig": found[1].numpy()}
    return pd.DataFrame(table)
