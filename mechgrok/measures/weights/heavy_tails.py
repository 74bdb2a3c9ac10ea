"""Power-law exponents of the spectra of the weights, and outliers after their entries are shuffled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.measure import Headline, Measure, Missing, last
from mechgrok.measures.weights.parameter_names import short
from mechgrok.measures.weights.ranks import matrices
from mechgrok.plots.primitives import curves, panels

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

LEAST = 10
"""The fewest eigenvalues that an exponent is fitted to."""
FEW = Missing(f"no weight matrix has {LEAST} different eigenvalues above zero")


@dataclass(frozen=True)
class HeavyTails(Measure):
    """Exponent of a power law fitted to the largest eigenvalues of each weight matrix, and correlation traps of its shuffled entries.

    X = W^T W / N, W (N, M) with N >= M, its heads joined as in ranks. alpha = 1 + m / sum log(l / l_min) over the m eigenvalues l >= l_min
    of X, l_min the one with the smallest Kolmogorov-Smirnov distance. traps = eigenvalues of X of the same entries in random order, less
    their mean, above edge = sigma^2 / N ((sqrt N + sqrt M)^2 + 3.27 (sqrt N + sqrt M) (1 / sqrt N + 1 / sqrt M)^(1 / 3)), sigma^2 the
    variance of the entries; one of a thousand matrices of independent normal entries has one. The margin over the Marchenko-Pastur edge is
    a choice made here. The source calls the fit unreliable in modular arithmetic, where spectra are a few large eigenvalues and a bulk:
    read alpha together with m and the distance.
    """

    name: ClassVar[str] = "heavy-tails"
    by_default: ClassVar[bool] = False
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Heavy tails and correlation traps"
    reference: ClassVar[str] = "Prakash and Martin 2026 (arXiv 2602.02859); fit: Clauset et al. 2009 (arXiv 0706.1062)"
    columns: ClassVar[Mapping[str, str]] = {
        "matrix": "W_E (number tokens), or the TransformerLens name of a parameter",
        "alpha": "exponent of the density of the eigenvalues; empty with fewer than ten, as are the next columns",
        "tail": "m, number of eigenvalues from l_min on",
        "distance": "Kolmogorov-Smirnov distance, from 0 to 1",
        "largest": "largest eigenvalue of X, squared units of weight",
        "edge": "the eigenvalue above which one of the shuffled entries is a trap",
        "traps": "number of traps",
    }

    has_null: ClassVar[bool] = False
    """Renamed tokens change the order of rows or columns alone."""

    seed: Annotated[int, Field(ge=0)] = 0

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        rows = [(name, *_tail(matrix), *_traps(matrix, self.seed)) for name, matrix in matrices(snapshot) if name != "W_L"]
        return pd.DataFrame(rows, columns=list(self.columns))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        named = result.assign(matrix=result["matrix"].map(short))
        traps = curves(named, x="step", y="traps", color="matrix", x_title="step", y_title="correlation traps")
        fitted = named.dropna(subset=["alpha"])
        if fitted.empty:
            return traps
        alpha = curves(fitted, x="step", y="alpha", color="matrix", log_y=True, x_title="step", y_title="exponent alpha")
        return panels([alpha, traps], titles=["Exponent", "Traps"])

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result).set_index("matrix")
        fitted = now["alpha"].dropna()
        return {
            "mean_alpha": float(fitted.mean()) if len(fitted) else FEW,
            "alpha": {str(name): float(value) for name, value in fitted.items()},
            "traps": int(now["traps"].sum()),
        }


def _tail(matrix: Tensor) -> tuple[float, float, float, float]:
    """Exponent, size and distance of the tail, NaN where it is too short, and the largest eigenvalue."""
    from mechgrok.maths.statistics.tails import power_law

    eigenvalues = _spectrum(matrix)
    positive = eigenvalues[eigenvalues > 1e-12 * eigenvalues.max()]
    if len(positive.unique()) < LEAST:
        return *3 * (float("nan"),), float(eigenvalues.max())
    alpha, _, distance, count = power_law(positive)
    return alpha, count, distance, float(eigenvalues.max())


def _traps(matrix: Tensor, seed: int) -> tuple[float, int]:
    """The edge, and the number of eigenvalues of the shuffled matrix above it."""
    import torch

    from mechgrok.maths.statistics.tails import largest_of_random

    entries = matrix.double().flatten()
    centred = entries - entries.mean()
    order = torch.randperm(len(entries), generator=torch.Generator().manual_seed(seed))
    edge = float(centred.square().mean()) * largest_of_random(*matrix.shape) / max(matrix.shape)
    return edge, int((_spectrum(centred[order].view_as(matrix)) > edge).sum())


def _spectrum(matrix: Tensor) -> Tensor:
    """The eigenvalues of W^T W / N, N the longer side (M,)."""
    import torch

    return torch.linalg.svdvals(matrix.double()).square() / max(matrix.shape)
