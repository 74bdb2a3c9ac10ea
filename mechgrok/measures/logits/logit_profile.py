"""Mean logits by the distance of the class from the phase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, last
from mechgrok.measures.shared.over_training import beside_training
from mechgrok.plots.primitives import bars, frequency_map

if TYPE_CHECKING:
    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class LogitProfile(InBasis):
    """Mean logit (centred over c) at each distance d of the class from the phase, over all rows.

    g(d) = mean over rows of L[row, phase + d]. Its discrete Fourier transform gives the coefficients of cos w_k(phase - c); in a network
    that has generalised, g is a sum of a few cosines with its maximum at d = 0.
    """

    name: ClassVar[str] = "logit-profile"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Logits by distance from the answer"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 4.2; Chughtai et al. 2023 (arXiv 2302.03025), section 5.1"
    columns: ClassVar[Mapping[str, str]] = {
        "distance": "d = c - phase modulo p, from -(p - 1) // 2 to p // 2",
        "logit": "g(d), in logits; their mean is 0",
    }

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.symmetries import equivariance

        p = snapshot.p
        g = equivariance.profile(snapshot.phase_sums, snapshot.grid.counts)
        distances = list(range(-((p - 1) // 2), p // 2 + 1))
        return pd.DataFrame({"distance": distances, "logit": g[[d % p for d in distances]].numpy()})

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        d = "distance d = c \N{MINUS SIGN} phase"
        shown = bars(now, x="distance", y="logit", highlight=[0], x_title=d, y_title="mean logit g(d)")
        over = frequency_map(result, y="distance", value="logit", symmetric=True, x_title="step", y_title=d, value_title="g(d)")
        return beside_training(result, shown, over)

    def headline(self, result: pd.DataFrame) -> Headline:
        g = last(result).set_index("distance")["logit"]
        return {"peak": float(g.max()), "at_answer": float(g[0]), "best_wrong": float(g.drop(0).max())}
