"""Fourier spectrum of the neuron-logit map."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.keyed import Keyed, key_set
from mechgrok.measures.base.measure import Headline, Missing
from mechgrok.measures.frequencies import spectra
from mechgrok.measures.shared.obstacles import needs_neurons
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class NeuronLogitSpectrum(Keyed):
    """Norms of the Fourier coefficients of W_L = W_out W_U (last layer) along the number logits ('=' dropped), in units of the weights.

    Coefficients: F W_L^T, F the orthonormal real basis of Z_p. share_key = power of the key frequencies / power of all k >= 1. residual =
    |part of W_L on other frequencies| / |W_L|, both without the constant, so that residual^2 = 1 - share_key.
    """

    name: ClassVar[str] = "neuron-logit-spectrum"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Neuron-logit map in Fourier space"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 4.1"
    columns: ClassVar[Mapping[str, str]] = spectra.COLUMNS

    def obstacle(self, run: Run) -> str | None:
        return needs_neurons(run) or super().obstacle(run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        return spectra.spectrum(snapshot.neuron_logit_map.T, key_set(given))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        return spectra.spectrum_figure(result)

    def frame(self, rows: pd.DataFrame) -> Sequence[Mapping[str, ArrayLike]]:
        return spectra.spectrum_frame(rows)

    def headline(self, result: pd.DataFrame) -> Headline:
        found = spectra.spectrum_headline(result)
        share = found["share_key"]
        return found | {"residual": share if isinstance(share, Missing) else math.sqrt(max(0.0, 1 - share))}
