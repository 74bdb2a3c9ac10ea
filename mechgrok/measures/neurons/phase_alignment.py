"""Phases of the neurons at input and output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, Missing, last, step_title
from mechgrok.measures.neurons.trig_share import pre_activations
from mechgrok.measures.shared.diagonals import needs_diagonals, phase_sign
from mechgrok.measures.shared.obstacles import NO_W_L, needs_all_pairs, needs_neurons
from mechgrok.plots.primitives import curves, panels, scatter
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

SHARE = 0.05
"""The share of all weights from which a frequency has resultants and a quadrature error in the headline."""
NONE = Missing("no neuron has a wave over the operands at its input and one at its output")


@dataclass(frozen=True)
class PhaseAlignment(InBasis):
    """Phases of each neuron at its frequency: of a and b at its input, and of the class at its output, beside the sum of the inputs.

    Input: the mean over b of the pre-activation is r_a cos(w_k a + phi_a) + ..., that over a r_b cos(w_k b + phi_b) + ...; k = argmax of
    r_a^2 + r_b^2 over k < p / 2. Output: W_L[c] = r_c cos(w_k c + psi) + .... residual = psi - phi_a - phi_b, modulo 2 pi (psi - phi_a +
    phi_b for a - b); weight w = sqrt(r_a^2 + r_b^2) r_c. alignment = sum w cos(residual) / sum w: 1 where every neuron adds its inputs'
    angles, 0 for random phases. By frequency, phases phi_a: resultant = |sum w exp(i phi_a)| / sum w, near 0 for evenly spread phases;
    quadrature error = relative error of sum w ReLU(cos(x + phi)) cos(y + 2 phi) / sum w as the integral over phi, cos(y - 2 x) / (3 pi),
    root mean squares over x and y. The sources take input weights, psi - 2 phi, and one of several weightings; means of the
    pre-activations (so that attention counts as it acts), phi_a + phi_b and the weights w are choices made here.
    """

    name: ClassVar[str] = "phase-alignment"
    by_default: ClassVar[bool] = False
    title: ClassVar[str] = "Phases of the neurons"
    reference: ClassVar[str] = "after Yip et al. 2024 (arXiv 2412.03773), and Gromov 2023 (arXiv 2301.02679), section 3"
    columns: ClassVar[Mapping[str, str]] = {
        "neuron": "index into d_mlp",
        "frequency": "k of the largest wave at its input; 0 for a neuron without one, as are the phases",
        "input_a": "phi_a, radians, from -pi to pi",
        "input_b": "phi_b, radians",
        "output": "psi, radians",
        "residual": "psi less the phase that the inputs have together, radians, from -pi to pi",
        "weight": "size of the wave at the input, times that at the output",
    }

    def obstacle(self, run: Run) -> str | None:
        places = needs_neurons(run) or (None if run.network.maps_neurons else NO_W_L)
        if found := super().obstacle(run) or places or needs_all_pairs(run, self.basis_in(run.task)) or needs_diagonals(self, run):
            return found
        return None if self.size(run.task) > 2 else "a cyclic group of two elements has no wave with a phase"

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.harmonic import phase_alignment

        grid = pre_activations(snapshot).view(snapshot.p, snapshot.p, -1)
        of_tokens = (grid.mean(1), grid.mean(0), snapshot.neuron_logit_map.T)
        a, b, c = (phase_alignment.amplitudes(values - values.mean(0)) for values in of_tokens)
        sign = phase_sign(snapshot.grid)
        assert sign is not None
        return _table(a, b, c, sign)

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        shown = now[now["weight"] > 0.1 * now["weight"].max()].assign(inputs=lambda rows: _wrapped(rows["output"] - rows["residual"]))
        named = shown.assign(frequency="k = " + shown["frequency"].astype(str)).sort_values("inputs")
        titles: dict[str, Any] = {"x_title": "phase of the inputs together", "y_title": "phase of the output"}
        points = scatter(named if len(named) else now.assign(inputs=0.0), x="inputs", y="output", equal_aspect=True, **titles)
        over = pd.DataFrame([{"step": step, "alignment": _alignment(rows)} for step, rows in result.groupby("step")])
        if len(over) == 1:
            return points.update_layout(title_text=step_title(now))
        line = curves(over, x="step", y="alignment", x_title="step", y_title="alignment")
        return panels([points, line], titles=[step_title(now), "Over training"])

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        if not now["weight"].sum() > 0:
            return dict.fromkeys(("alignment", "resultant", "quadrature_error"), NONE)
        return {"alignment": _alignment(now), **_by_frequency(now)}


def _table(a: Tensor, b: Tensor, c: Tensor, sign: int) -> pd.DataFrame:
    """One row a neuron, from the waves at inputs and output (frequencies, d_mlp)."""
    best = (a.abs().square() + b.abs().square()).max(0)
    phi_a, phi_b, psi = (waves.gather(0, best.indices[None])[0].angle() for waves in (a, b, c))
    weight = best.values.sqrt() * c.gather(0, best.indices[None])[0].abs()
    there = best.values > 0
    phases = {"input_a": phi_a, "input_b": phi_b, "output": psi, "residual": _wrapped(psi - phi_a - sign * phi_b)}
    columns = {"frequency": (best.indices + 1) * there, **{name: values * there for name, values in phases.items()}, "weight": weight}
    return pd.DataFrame({name: values.numpy() for name, values in columns.items()}).assign(neuron=range(len(weight)))


def _wrapped(angle: Any) -> Any:
    """The angle modulo 2 pi, from -pi to pi."""
    return (angle + np.pi) % (2 * np.pi) - np.pi


def _alignment(rows: pd.DataFrame) -> float:
    total = rows["weight"].sum()
    return float((rows["weight"] * np.cos(rows["residual"])).sum() / total) if total > 0 else float("nan")


def _by_frequency(rows: pd.DataFrame) -> Headline:
    """Resultant and quadrature error of the frequencies with at least SHARE of the weight."""
    import torch

    from mechgrok.maths.harmonic import phase_alignment

    found: dict[str, dict[str, float]] = {"resultant": {}, "quadrature_error": {}}
    for k, members in rows[rows["weight"] > 0].groupby("frequency"):
        if members["weight"].sum() >= SHARE * rows["weight"].sum():
            phases, weights = (torch.from_numpy(members[name].to_numpy(copy=True)) for name in ("input_a", "weight"))
            found["resultant"][str(k)] = phase_alignment.resultant(phases, weights, 1)
            found["quadrature_error"][str(k)] = phase_alignment.quadrature_error(phases, weights)
    return found
