"""Gini coefficient of Fourier components."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, last
from mechgrok.measures.frequencies.matrices import matrices_over_tokens, matrix_headline
from mechgrok.plots.primitives import curves

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class Gini(InBasis):
    """Gini coefficient of the Fourier components of W_E and W_L = W_out W_U along the number tokens, without the constant.

    G = sum_i (2 i - n - 1) x_(i) / (n sum x), x ascending; 0 for equal components, near 1 for a single one. Variants: norms, x = norms of
    the p - 1 coefficients; powers, x = the p // 2 powers cosine_k^2 + sine_k^2. W_L is of the last layer.
    """

    of_weights: ClassVar[bool] = True
    name: ClassVar[str] = "gini"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Gini coefficient of the Fourier components"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 5.1; Hurley and Rickard 2009 (arXiv 0811.4706)"
    columns: ClassVar[Mapping[str, str]] = {
        "matrix": "W_E or W_L",
        "variant": "norms of coefficients, or powers of frequencies",
        "gini": "from 0 (even) to 1 (sparse); empty where the matrix is constant over the tokens",
    }

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        rows = [
            (name, variant, value) for name, matrix in matrices_over_tokens(snapshot).items() for variant, value in _coefficients(matrix)
        ]
        return pd.DataFrame(rows, columns=["matrix", "variant", "gini"])

    def plot(self, result: pd.DataFrame) -> go.Figure:
        named = result.assign(series=result["matrix"] + ", " + result["variant"])
        return curves(named, x="step", y="gini", color="series", x_title="step", y_title="Gini coefficient")

    def headline(self, result: pd.DataFrame) -> Headline:
        by_variant = dict(list(last(result).groupby("variant")))
        keys = [(matrix, variant) for matrix in ("W_E", "W_L") for variant in ("norms", "powers")]
        return {f"{matrix}_{variant}": matrix_headline(by_variant[variant], matrix, "gini") for matrix, variant in keys}


def _coefficients(matrix: Tensor) -> list[tuple[str, float]]:
    from mechgrok.maths.harmonic import fourier
    from mechgrok.maths.statistics import concentration

    constant, *_ = norms = fourier.coefficients(matrix).norm(dim=1)
    if norms[1:].sum() <= 1e-12 * constant:
        return [("norms", float("nan")), ("powers", float("nan"))]
    return [("norms", concentration.gini(norms[1:])), ("powers", concentration.gini(fourier.power(matrix)))]
