"""Neurons as approximate cosets: single waves of each operand, active on one arc, and the number of frequencies beside a bound."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, Missing, last
from mechgrok.measures.neurons.trig_share import pre_activations
from mechgrok.measures.shared.obstacles import needs_all_pairs, needs_neurons
from mechgrok.measures.shared.over_training import beside_training
from mechgrok.plots.primitives import curves, histogram
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

Share = Annotated[float, Field(gt=0, lt=1)]


@dataclass(frozen=True)
class ApproximateCosets(InBasis):
    """Share of each neuron's pre-activation that one wave of a plus one wave of b explains, and whether it is positive on one arc.

    N(a, b): the pre-activation, last layer. f = argmax over k < n / 2 of r_k^2 + s_k^2, r_k cos w_k(a - s_A) and s_k cos w_k(b - s_B) its
    waves of one operand (means over the other). simple = (r_f^2 + s_f^2) / 2 / variance of N over (a, b). Simple neurons: above the
    threshold, .85. Arcs: for each b, the elements a with N > 0 in the order of the circle of f (a -> f a modulo n; the gcd(f, n) elements
    of a coset share a place and count with their mean N), likewise for each a; one_arc = share of these sets, empty and full ones left
    out, that are one interval. The paper's bound on the number of frequencies: m > (2 ln n - 2 ln(2 - 2 rho)) / (ln(pi / delta) - 1). The
    defaults of rho and delta are choices made here, as are arcs of single lines. Phases are those of phase-alignment.
    """

    name: ClassVar[str] = "approximate-cosets"
    by_default: ClassVar[bool] = False
    title: ClassVar[str] = "Neurons as approximate cosets"
    reference: ClassVar[str] = "McCracken et al. 2025 (arXiv 2505.18266), simple neurons, remapping, and bound on the number of frequencies"
    columns: ClassVar[Mapping[str, str]] = {
        "neuron": "index into d_mlp",
        "frequency": "f; 0 for a neuron without a wave of one operand",
        "coset": "gcd(f, n), the number of elements that share a place; 0 without f",
        "simple": "share of variance in the two waves of frequency f, from 0 to 1; empty for a constant neuron",
        "one_arc": "share of the sets of active elements that are one arc; empty where all are empty or full",
        "is_simple": "whether simple is above the threshold",
        "bound": "the number of frequencies that the paper's bound asks for",
    }

    threshold: Annotated[float, Field(ge=0, le=1)] = 0.85
    rho: Share = 0.95
    """Probability in the bound."""
    delta: Annotated[float, Field(gt=0, lt=math.pi / math.e)] = 0.1
    """Separation in the bound."""

    def obstacle(self, run: Run) -> str | None:
        if found := super().obstacle(run) or needs_neurons(run) or needs_all_pairs(run, self.basis_in(run.task)):
            return found
        return None if self.size(run.task) > 2 else "a cyclic group of two elements has no wave with a phase"

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        grid = pre_activations(snapshot).view(snapshot.p, snapshot.p, -1)
        frequency, simple = _waves(grid)
        found = {"neuron": range(grid.shape[2]), "frequency": frequency.numpy(), "simple": simple.numpy()}
        coset = [math.gcd(f, snapshot.p) if f else 0 for f in frequency.tolist()]
        table = pd.DataFrame({**found, "coset": coset, "one_arc": _one_arc(grid, frequency).numpy(), "bound": self._bound(snapshot.p)})
        return table.assign(is_simple=table["simple"] > self.threshold)

    def _bound(self, n: int) -> float:
        return (2 * math.log(n) - 2 * math.log(2 - 2 * self.rho)) / (math.log(math.pi / self.delta) - 1)

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        spread = histogram(now["simple"].fillna(0), x_title="variance in one wave of a and one of b", y_title="neurons")
        means = result.assign(simple=result["is_simple"].astype(float)).groupby("step")[["simple", "one_arc"]].mean().reset_index()
        named = means.rename(columns={"simple": "simple neurons", "one_arc": "one arc"})
        long = named.melt("step", ["simple neurons", "one arc"], var_name="of", value_name="share").dropna()
        return beside_training(result, spread, curves(long, x="step", y="share", color="of", x_title="step", y_title="share"))

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        simple, arc = now[now["is_simple"]], now["one_arc"].mean()
        none = Missing("no neuron is active on some elements and inactive on others")
        return {
            "simple_neurons": len(simple),
            "share": len(simple) / len(now),
            "one_arc": none if pd.isna(arc) else float(arc),
            "frequencies": int(simple["frequency"].nunique()),
            "bound": float(now["bound"].iloc[0]),
            "cosets": int((simple["coset"] > 1).sum()),
        }


def _waves(grid: Tensor) -> tuple[Tensor, Tensor]:
    """f of each neuron, 0 for none, and the share of its variance in the waves of f (d_mlp,), from the pre-activations (a, b, d_mlp)."""
    from mechgrok.maths.harmonic import phase_alignment

    of_a, of_b = (phase_alignment.amplitudes(means - means.mean(0)).abs().square() for means in (grid.mean(1), grid.mean(0)))
    best = (of_a + of_b).max(0)
    variance = (grid - grid.mean((0, 1))).square().mean((0, 1))
    varies = variance > 1e-20 * grid.square().mean((0, 1))
    simple = (best.values / 2 / variance).where(varies, float("nan"))
    return (best.indices + 1) * (varies & (best.values > 0)), simple.clamp(max=1)


def _one_arc(grid: Tensor, frequency: Tensor) -> Tensor:
    """Share of the lines of each neuron whose active elements are one arc, of those with active and inactive ones (d_mlp,)."""
    import torch

    from mechgrok.maths.algebra import arcs

    found = torch.full((len(frequency),), torch.nan, dtype=torch.float64)
    for f in frequency[frequency > 0].unique().tolist():
        mine = frequency == f
        lines = torch.cat([grid[:, :, mine], grid[:, :, mine].transpose(0, 1)], dim=1)
        count = arcs.arcs(arcs.at_frequency_one(lines, f) > 0)
        found[mine] = (count == 1).sum(0).double() / (count > 0).sum(0)
    return found
