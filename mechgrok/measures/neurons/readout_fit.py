"""Fits of the neurons along Fourier directions of the neuron-logit map by cos and sin of the phase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.keyed import Keyed, key_set
from mechgrok.measures.base.measure import Headline, Missing, last, step_title
from mechgrok.measures.shared.obstacles import needs_all_pairs, needs_neurons
from mechgrok.plots.primitives import bars, panels
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

NUMBERS = ("fve", "correlation_squared", "coefficient", "first_product", "second_product", "second_harmonic")


@dataclass(frozen=True)
class ReadoutFit(Keyed):
    """Fraction of the variance over all rows that cos and sin w_k(phase) explain of the neurons projected on the directions u_k and v_k.

    u_k = sum_c F[cos k, c] W_L[:, c], not normalised; v_k likewise with sin; F the orthonormal real basis of Z_p, W_L = W_out W_U, number
    columns. y = N u_k (n,), N the neurons of the last layer. coefficient c minimises |y - c cos w_k(phase)|, without a constant term; fve =
    1 - |y - c cos w_k(phase)|^2 / |y - mean y|^2. correlation_squared: the same fit with a constant term. For v_k, sin replaces cos. If
    the neurons give the logits A cos w_k(phase - c), the coefficient is A sqrt(p / 2).
    """

    name: ClassVar[str] = "readout-fit"
    title: ClassVar[str] = "Neurons along the key directions of W_L"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 4.2; second harmonic: Zhong et al. 2023 (arXiv 2306.17844)"
    columns: ClassVar[Mapping[str, str]] = {
        "frequency": "k, from 1 to p // 2",
        "direction": "cosine: u_k, fitted by cos w_k(phase); sine: v_k, fitted by sin w_k(phase)",
        "fve": "fraction of variance explained, without a constant term; empty where y is constant, as are the next columns",
        "correlation_squared": "squared correlation between y and the wave",
        "coefficient": "c, in units of logits times sqrt(p / 2)",
        "first_product": "least-squares coefficient of cos w_k a cos w_k b (cosine) or sin w_k a cos w_k b (sine)",
        "second_product": "least-squares coefficient of sin w_k a sin w_k b (cosine) or cos w_k a sin w_k b (sine)",
        "second_harmonic": "share of the variance of y that cos and sin 2 w_k(phase) explain",
        "key": "whether k is a key frequency",
    }
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"

    def obstacle(self, run: Run) -> str | None:
        return needs_neurons(run) or super().obstacle(run) or needs_all_pairs(run, self.basis_in(run.task))

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.harmonic import fourier

        read = snapshot.neurons @ fourier.coefficients(snapshot.neuron_logit_map.T).T
        table = pd.DataFrame([_fit(snapshot, read[:, row], (row + 1) // 2, sine=row % 2 == 0) for row in range(1, snapshot.p)])
        return table.assign(key=table["frequency"].isin(key_set(given)))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        keys = now.loc[now["key"], "frequency"].unique().tolist()
        shown = {"correlation_squared": "squared correlation", "coefficient": "coefficient c"}
        figures = [
            bars(now, x="frequency", y=column, color="direction", highlight=keys, x_title="frequency k", y_title=title)
            for column, title in shown.items()
        ]
        return panels(figures, titles=[step_title(now), "Size"])

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        known = now[now["key"]].dropna(subset=["fve"])
        if known.empty:
            why = Missing("the neurons have no component along the directions of a key frequency, or there is no key frequency")
            return dict.fromkeys(("mean_fve", "mean_correlation_squared", "mean_second_harmonic", "fve", "coefficient"), why)
        return {
            "mean_fve": float(known["fve"].mean()),
            "mean_correlation_squared": float(known["correlation_squared"].mean()),
            "mean_second_harmonic": float(known["second_harmonic"].mean()),
            "fve": _by_frequency(known, "fve"),
            "coefficient": _by_frequency(known, "coefficient"),
        }


def _by_frequency(table: pd.DataFrame, column: str) -> dict[str, list[float]]:
    """[cosine, sine] of each frequency."""
    return {str(k): rows[column].tolist() for k, rows in table.groupby("frequency")}


def _fit(snapshot: Snapshot, y: Tensor, k: int, *, sine: bool) -> dict[str, Any]:
    import torch

    from mechgrok.maths.harmonic import fits, fourier

    angles, (a, b) = fourier.angles(snapshot.p, k), snapshot.grid.operands.T
    cosine, wave = torch.cos(angles), torch.sin(angles) if sine else torch.cos(angles)
    other = cosine if sine else torch.sin(angles)
    along = wave[snapshot.grid.phase]
    first, second = wave[a] * cosine[b], other[a] * torch.sin(angles)[b]
    double = torch.stack([torch.cos(2 * angles), torch.sin(2 * angles)], dim=1)[snapshot.grid.phase]
    columns = y[:, None]
    slope = fits.slope(columns, along)
    numbers = (
        fits.fve(columns, along[:, None] * slope),
        fits.correlation_squared(columns, along),
        slope,
        fits.slope(columns, first),
        fits.slope(columns, second),
        fits.share(columns, double),
    )
    varies = (y - y.mean()).square().sum() > 1e-12 * y.square().sum()
    found = {name: float(number) if varies else float("nan") for name, number in zip(NUMBERS, numbers, strict=True)}
    return {"frequency": k, "direction": "sine" if sine else "cosine", **found}
