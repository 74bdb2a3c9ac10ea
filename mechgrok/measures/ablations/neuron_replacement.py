"""Loss with neurons replaced by polynomials of one frequency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.ablations import ablations
from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, Measure
from mechgrok.measures.neurons.neuron_frequencies import NeuronFrequencies
from mechgrok.measures.shared.obstacles import needs_linear_readout
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class NeuronReplacement(InBasis):
    """Cross-entropy (nats) and accuracy on each split when neurons are replaced by degree-2 polynomials of waves of one frequency.

    k: the frequency of the neuron that explains most of its variance. N'(a, b) = projection of N on {1, cos w_k, sin w_k}(a) x {1, cos w_k,
    sin w_k}(b), constant included; L' = L + (N' - N) W_L, W_L = W_out W_U. Variants: every, all neurons that vary; specialised, only those
    of which one frequency explains more than 85 % of the variance. The unablated network is the reference. Last layer, float64.
    """

    name: ClassVar[str] = "neuron-replacement"
    title: ClassVar[str] = "Loss with neurons as polynomials of one frequency"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 4.4"
    columns: ClassVar[Mapping[str, str]] = {"variant": "unablated, every or specialised", **ablations.COLUMNS}
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"

    @property
    def requires(self) -> Mapping[str, Measure]:
        return {"neurons": NeuronFrequencies(basis=self.basis)}

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or needs_linear_readout(run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        return ablations.losses_of(snapshot, _variants(snapshot, given["neurons"]))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        return ablations.losses_figure(result)

    def headline(self, result: pd.DataFrame) -> Headline:
        return ablations.losses_headline(result)


def _variants(snapshot: Snapshot, neurons: pd.DataFrame) -> Iterator[tuple[str, Tensor]]:
    yield "every", snapshot.logits_with_neurons(_replaced(snapshot, neurons[neurons["frequency"] > 0]))
    yield "specialised", snapshot.logits_with_neurons(_replaced(snapshot, neurons[neurons["specialised"]]))


def _replaced(snapshot: Snapshot, chosen: pd.DataFrame) -> Tensor:
    """The neurons (n, d_mlp), with the chosen ones replaced by the polynomial of their frequency."""
    from mechgrok.maths.harmonic import planes

    neurons = snapshot.neurons.clone()
    for k in chosen["frequency"].unique().tolist():
        which = chosen.loc[chosen["frequency"] == k, "neuron"].tolist()
        values = neurons[:, which]
        neurons[:, which] = values.mean(0) + planes.project(planes.block(snapshot.p, k), values)
    return neurons
