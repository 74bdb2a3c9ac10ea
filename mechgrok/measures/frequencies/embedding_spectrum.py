"""Fourier spectrum of the embedding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.keyed import Keyed, key_set
from mechgrok.measures.base.measure import Headline
from mechgrok.measures.frequencies import spectra

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class EmbeddingSpectrum(Keyed):
    """Norms of the Fourier coefficients of W_E along the number tokens ('=' dropped), in units of the weights.

    E = F W_E, F the orthonormal real basis of Z_p; cosine_k = |E[cos k]|, sine_k = |E[sin k]|, power_k = cosine_k^2 + sine_k^2. share_key
    = power of the key frequencies / power of all k >= 1.
    """

    name: ClassVar[str] = "embedding-spectrum"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Embedding in Fourier space"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 4.1"
    columns: ClassVar[Mapping[str, str]] = spectra.COLUMNS

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        return spectra.spectrum(snapshot.embedding, key_set(given))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        return spectra.spectrum_figure(result)

    def frame(self, rows: pd.DataFrame) -> Sequence[Mapping[str, ArrayLike]]:
        return spectra.spectrum_frame(rows)

    def headline(self, result: pd.DataFrame) -> Headline:
        return spectra.spectrum_headline(result)
