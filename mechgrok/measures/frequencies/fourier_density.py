"""Fourier frequency density and Fourier coefficient ratio."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, Missing, last
from mechgrok.measures.frequencies.matrices import CONSTANT, matrices_over_tokens, matrix_headline, varies_over_tokens
from mechgrok.plots.primitives import curves, panels

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class FourierDensity(InBasis):
    """Fourier frequency density (FFD) and Fourier coefficient ratio (FCR) of W_E and W_L = W_out W_U along the number tokens.

    mu_k, nu_k: cosine and sine coefficients of frequency k >= 1 (orthonormal basis; vectors over the features). FFD = share of the p - 1
    coefficients with |mu_k| > eta max_i |mu_i| or |nu_k| > eta max_i |nu_i|, cosines and sines with their own maxima; small values are
    sparse. FCR = mean over k of min(|mu_k| / |nu_k|, |nu_k| / |mu_k|); 1 is balanced, 0 is cosines or sines only. For even p, frequency
    p / 2 has no sine: its cosine counts in the FFD, and it is left out of the FCR. W_L is of the last layer.
    """

    of_weights: ClassVar[bool] = True
    name: ClassVar[str] = "fourier-density"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Fourier frequency density and coefficient ratio"
    reference: ClassVar[str] = "Furuta et al. 2024 (arXiv 2402.16726), definitions of FFD and FCR"
    columns: ClassVar[Mapping[str, str]] = {
        "matrix": "W_E or W_L",
        "density": "FFD, from 0 (sparse) to 1; empty where the matrix is constant over the tokens",
        "ratio": "FCR, from 0 (cosines or sines only) to 1 (balanced); empty where no frequency has both",
    }

    eta: Annotated[float, Field(ge=0, lt=1)] = 0.5

    def caption(self) -> str:
        return f"{super().caption()} FFD counts coefficients above eta = {self.eta:g} of the largest."

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        rows = [(name, *self._density_and_ratio(matrix)) for name, matrix in matrices_over_tokens(snapshot).items()]
        return pd.DataFrame(rows, columns=["matrix", "density", "ratio"])

    def _density_and_ratio(self, matrix: Tensor) -> tuple[float, float]:
        from mechgrok.maths.harmonic import fourier_density

        if not varies_over_tokens(matrix):
            return float("nan"), float("nan")
        cosine, sine = fourier_density.cosines_and_sines(matrix)
        return fourier_density.frequency_density(cosine, sine, self.eta), fourier_density.coefficient_ratio(cosine, sine)

    def plot(self, result: pd.DataFrame) -> go.Figure:
        density = curves(result, x="step", y="density", color="matrix", x_title="step", y_title="share of large coefficients")
        ratio = curves(result, x="step", y="ratio", color="matrix", x_title="step", y_title="smaller over larger norm")
        return panels([density, ratio], titles=["Frequency density (FFD)", "Coefficient ratio (FCR)"])

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        density = {f"{matrix}_density": matrix_headline(now, matrix, "density") for matrix in ("W_E", "W_L")}
        return density | {f"{matrix}_ratio": matrix_headline(now, matrix, "ratio", _no_ratio(now, matrix)) for matrix in ("W_E", "W_L")}


def _no_ratio(now: pd.DataFrame, matrix: str) -> Missing:
    constant = now.loc[now["matrix"] == matrix, "density"].isna().any()
    return CONSTANT if constant else Missing("no frequency with power has both a cosine and a sine")
