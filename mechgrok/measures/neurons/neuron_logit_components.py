"""Fourier components along the logits of the neurons specialised in one frequency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.keyed import Keyed, key_set
from mechgrok.measures.base.measure import Headline, Measure, Missing, last
from mechgrok.measures.neurons.neuron_frequencies import NeuronFrequencies
from mechgrok.measures.shared.obstacles import needs_all_pairs, needs_neurons
from mechgrok.plots.primitives import bars, curves, panels
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

PANELS = 6
"""The most groups of neurons in the figure."""


@dataclass(frozen=True)
class NeuronLogitComponents(Keyed):
    """Power by frequency j along the number logits of the rows of W_L that belong to the neurons specialised in a key frequency k.

    W_L = W_out W_U, number columns; F the orthonormal real basis of Z_p. power_j = sum over the neurons of |F[cos j] W_L^T|^2 + |F[sin j]
    W_L^T|^2; share = power_j / sum of power over j >= 1. A neuron is specialised in k if k explains more than 85 % of its variance over
    (a, b). Also for all neurons together.
    """

    name: ClassVar[str] = "neuron-logit-components"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Logit frequencies of the neurons of one frequency"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 4.3"
    columns: ClassVar[Mapping[str, str]] = {
        "neuron_frequency": "k, the key frequency that the neurons are specialised in; 0 for all neurons of the layer",
        "neurons": "number of these neurons",
        "frequency": "j, the frequency along the logits, from 1 to p // 2",
        "power": "squared norm of their rows of W_L on that frequency",
        "share": "power / power of all j >= 1; empty without power",
        "key": "whether j is a key frequency",
    }

    @property
    def requires(self) -> Mapping[str, Measure]:
        return {**super().requires, "neurons": NeuronFrequencies(basis=self.basis)}

    def obstacle(self, run: Run) -> str | None:
        return needs_neurons(run) or super().obstacle(run) or needs_all_pairs(run, self.basis_in(run.task))

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.harmonic import fourier

        keys, neurons = key_set(given), given["neurons"]
        power = _powers(snapshot)
        special = neurons[neurons["specialised"]]
        of_key = {k: special.loc[special["frequency"] == k, "neuron"].tolist() for k in keys}
        groups = {0: neurons["neuron"].tolist()} | {k: which for k, which in of_key.items() if which}
        tables = []
        for k, which in groups.items():
            found = power[:, which].sum(1)
            table = pd.DataFrame({"frequency": list(fourier.frequencies(snapshot.p)), "power": found.numpy()})
            tables.append(table.assign(neuron_frequency=k, neurons=len(which), share=(found / found.sum()).numpy()))
        joined = pd.concat(tables, ignore_index=True)
        return joined.assign(key=joined["frequency"].isin(keys))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        groups = list(last(result).groupby("neuron_frequency"))[:PANELS]
        figures, titles = [], []
        for k, rows in groups:
            own = rows.loc[rows["key"] if k == 0 else rows["frequency"] == k, "frequency"].tolist()
            figures.append(
                bars(rows, x="frequency", y="share", highlight=own, x_title="frequency j of the logits", y_title="share of power")
            )
            titles.append(f"{'All' if k == 0 else f'k = {k}:'} {rows['neurons'].iloc[0]} neurons")
        over = (
            result[result["frequency"] == result["neuron_frequency"]]
            .sort_values(["frequency", "step"])
            .assign(frequency=lambda own: own["frequency"].map("k = {}".format))
        )
        if over["step"].nunique() > 1:
            figures.append(curves(over, x="step", y="share", color="frequency", x_title="step", y_title="share on their own frequency"))
            titles.append("Over training")
        return panels(figures, titles=titles)

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        special = now[now["neuron_frequency"] > 0]
        if special["power"].sum() == 0:
            why = Missing("no neuron with an effect on the logits is specialised in a key frequency")
            return dict.fromkeys(("own", "other_keys", "elsewhere", "own_by_frequency"), why)
        own, total = special["frequency"] == special["neuron_frequency"], special["power"].sum()
        return {
            "own": float(special.loc[own, "power"].sum() / total),
            "other_keys": float(special.loc[special["key"] & ~own, "power"].sum() / total),
            "elsewhere": float(special.loc[~special["key"], "power"].sum() / total),
            "own_by_frequency": {str(k): float(share) for k, share in special[own].set_index("frequency")["share"].items()},
        }


def _powers(snapshot: Snapshot) -> Tensor:
    """Power of every neuron's row of W_L on every frequency (p // 2, d_mlp)."""
    import torch

    from mechgrok.maths.harmonic import fourier

    p, squares = snapshot.p, fourier.coefficients(snapshot.neuron_logit_map.T).square()
    return torch.zeros(p // 2 + 1, squares.shape[1], dtype=torch.float64).index_add_(0, fourier.row_frequency(p), squares)[1:]
