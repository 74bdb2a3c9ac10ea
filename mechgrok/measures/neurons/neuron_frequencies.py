"""The frequency of each neuron."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    from numpy.typing import ArrayLike

    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class NeuronFrequencies(InBasis):
    """Fraction of the variance of each neuron over all (a, b) that its best single frequency explains.

    N(a, b): activation after the nonlinearity, last layer, at the read position. FVE_k = energy of N on the 2-D Fourier block {const, cos
    k, sin k} x {const, cos k, sin k} less the constant cell / energy of N - mean N; frequency = argmax of FVE_k over k = 1 .. p // 2. A
    neuron is specialised if its FVE is above the threshold, .85 by default. Neurons without variance have no frequency.
    """

    name: ClassVar[str] = "neuron-frequencies"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Neurons by frequency"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 4.2"
    columns: ClassVar[Mapping[str, str]] = {
        "neuron": "index into d_mlp",
        "frequency": "k of the largest FVE; 0 for a neuron without variance",
        "fve": "fraction of variance explained by that frequency; empty for a neuron without variance",
        "active": "share of rows in which the neuron is above zero",
        "specialised": "whether fve is above the threshold",
    }

    threshold: Annotated[float, Field(ge=0, le=1)] = 0.85

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or needs_neurons(run) or needs_all_pairs(run, self.basis_in(run.task))

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        explained, total = snapshot.neuron_power
        varies = snapshot.neurons_vary
        best = (explained / total.where(varies, 1.0)).max(0)
        table = pd.DataFrame({"neuron": range(len(total)), "frequency": ((best.indices + 1) * varies).numpy()})
        table["fve"] = best.values.where(varies, float("nan")).numpy()
        table["active"] = snapshot.neurons_active.numpy()
        return table.assign(specialised=table["fve"] > self.threshold)

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        spread = histogram(now["fve"].dropna(), x_title="variance explained by one frequency", y_title="neurons")
        shown = _clusters(result)
        over = curves(shown, x="step", y="neurons", color="frequency", x_title="step", y_title="specialised neurons")
        return beside_training(result, spread, over, "Specialised neurons over training")

    def frame(self, rows: pd.DataFrame) -> Sequence[Mapping[str, ArrayLike]]:
        return [{"x": rows["fve"].dropna()}]

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        clusters = now[now["specialised"]].groupby("frequency").size()
        mean = now["fve"].mean()
        return {
            "specialised": int(now["specialised"].sum()),
            "clusters": {str(k): int(count) for k, count in clusters.items()},
            "mean_fve": Missing("no neuron varies over the table") if pd.isna(mean) else float(mean),
        }


def _clusters(result: pd.DataFrame, most: int = 8) -> pd.DataFrame:
    """Number of specialised neurons by frequency at every step, for the `most` frequencies with the highest numbers."""
    counts = result.pivot_table(index="step", columns="frequency", values="specialised", aggfunc="sum").fillna(0)
    frequent = counts.max()[counts.max() > 0].nlargest(most).index.sort_values()
    shown = counts[frequent].rename(columns="k = {}".format).rename_axis(columns="frequency")
    return shown.melt(ignore_index=False, value_name="neurons").reset_index()
