"""Concentration of spectra: top share, entropy, participation number."""

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

QUANTITIES = {"top_share": "share of the largest", "entropy": "spectral entropy (nats)", "participation": "participation number"}
FLAT = Missing("the logits have no cosine component cos w_k(phase - c)")


@dataclass(frozen=True)
class SpectralConcentration(InBasis):
    """Concentration of the power spectra (k = 1 .. p // 2) of W_E, W_L = W_out W_U and the logits: top share, entropy, participation.

    q_k = P_k / sum P. P_k of a matrix = |cosine_k|^2 + |sine_k|^2 along the number tokens; of the logits = <u_k, L>^2 over all rows, u_k =
    cos w_k(phase - c) / |cos w_k(phase - c)|. top_share = sum of the largest q_k (five by default); entropy = -sum_k q_k log q_k, in nats;
    participation = 1 / sum_k q_k^2, from 1 to p // 2. W_L is of the last layer.
    """

    name: ClassVar[str] = "spectral-concentration"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Concentration of the spectra"
    reference: ClassVar[str] = (
        "Shannon 1948, section 6 (entropy); Bell and Dean 1970 (participation number); Nanda et al. 2023, section 4.1 (spectra)"
    )
    columns: ClassVar[Mapping[str, str]] = {
        "matrix": "W_E, W_L or logits",
        "top_share": "share of the power on the frequencies with most power; empty without power, as are the next columns",
        "entropy": "spectral entropy, nats, from 0 to log(p // 2)",
        "participation": "participation number: the number of equal powers with the same concentration",
    }

    top: Annotated[int, Field(ge=1)] = 5

    def caption(self) -> str:
        return f"{super().caption()} Top share: the {self.top} frequencies with most power."

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        rows = [(name, *self._concentrations(powers)) for name, powers in _powers(snapshot).items()]
        return pd.DataFrame(rows, columns=["matrix", *QUANTITIES])

    def _concentrations(self, powers: Tensor) -> tuple[float, float, float]:
        from mechgrok.maths.statistics import concentration

        return concentration.top_share(powers, self.top), concentration.spectral_entropy(powers), concentration.participation_number(powers)

    def plot(self, result: pd.DataFrame) -> go.Figure:
        shown = [curves(result, x="step", y=column, color="matrix", x_title="step", y_title=title) for column, title in QUANTITIES.items()]
        return panels(shown, titles=[f"Largest {self.top}", "Entropy", "Participation"])

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        empty = {"W_E": CONSTANT, "W_L": CONSTANT, "logits": FLAT}
        return {f"{matrix}_{column}": matrix_headline(now, matrix, column, why) for matrix, why in empty.items() for column in QUANTITIES}


def _powers(snapshot: Snapshot) -> dict[str, Tensor]:
    """P_k of every spectrum (p // 2,); zeros where it is at rounding level."""
    from mechgrok.maths.harmonic import cosines, fourier

    matrices = {name: fourier.power(matrix) * varies_over_tokens(matrix) for name, matrix in matrices_over_tokens(snapshot).items()}
    of_logits = cosines.cube_coefficients(snapshot.phase_sums, snapshot.grid.counts)
    return matrices | {"logits": of_logits.square() * (of_logits.norm() > 1e-12 * snapshot.phase_sums.norm())}
