"""Share of the quadruples of tokens with equal sums whose embeddings form a parallelogram."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, Missing, last
from mechgrok.measures.shared.over_training import beside_training
from mechgrok.plots.primitives import curves

if TYPE_CHECKING:
    from mechgrok.runs.snapshot import Snapshot

DISTANCES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""Further distances, for the figure: how far the quadruples are from parallelograms."""


@dataclass(frozen=True)
class RepresentationQuality(InBasis):
    """Representation quality index (RQI): share of the quadruples of tokens with i + j = m + n whose embeddings form a parallelogram.

    RQI = #{|E_i + E_j - E_m - E_n| < delta} / #{quadruples}. A quadruple is two different unordered pairs {i, j} and {m, n} of equal sum;
    i = j is allowed. E: W_E of the number tokens, less its mean over the tokens, divided by the root of the mean of |E_i|^2. Choices made
    here, since the paper has one-dimensional embeddings: this normalisation, and sums modulo p (sums=modular); sums=integers takes
    equal sums as integers, as the paper does. Tokens on a line have RQI 1 for integer sums. Tokens on a circle, as networks that add
    modulo p place them, have none but by accident: E_i + E_j has length 2 |cos w_k (i - j) / 2|, which differs between pairs of one sum.
    """

    of_weights: ClassVar[bool] = True
    name: ClassVar[str] = "representation-quality"
    by_default: ClassVar[bool] = False
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Representation quality (RQI)"
    reference: ClassVar[str] = "Liu et al. 2022 (arXiv 2205.10343), section 3"
    columns: ClassVar[Mapping[str, str]] = {
        "distance": "the largest |E_i + E_j - E_m - E_n| that counts, in units of the root mean square of |E_i|; the first is delta",
        "quadruples": "number of quadruples",
        "share": "share of the quadruples below that distance; empty without quadruples, or for an embedding constant over the tokens",
    }

    delta: Annotated[float, Field(gt=0)] = 0.01
    sums: Literal["modular", "integers"] = "modular"

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.symmetries import parallelograms

        distances = (self.delta, *(each for each in DISTANCES if each > self.delta))
        embedding = parallelograms.standardised(snapshot.embedding)
        quadruples, found = parallelograms.counts(embedding, distances, modular=self.sums == "modular")
        known = quadruples > 0 and bool(embedding.isfinite().all())
        return pd.DataFrame(
            {"distance": distances, "quadruples": quadruples, "share": found.numpy() / quadruples if known else float("nan")}
        )

    def plot(self, result: pd.DataFrame) -> go.Figure:
        titles: dict[str, Any] = {"x_title": "distance |E_i + E_j \N{MINUS SIGN} E_m \N{MINUS SIGN} E_n|", "y_title": "share of quadruples"}
        spread = curves(last(result), x="distance", y="share", log_x=True, **titles)
        nearest = result[result["distance"] == result["distance"].min()]
        return beside_training(result, spread, curves(nearest, x="step", y="share", x_title="step", y_title="RQI"))

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result).iloc[0]
        few = "no two pairs of tokens have equal sums" if not now["quadruples"] else "the embedding is constant over the tokens"
        return {"rqi": Missing(few) if pd.isna(now["share"]) else float(now["share"]), "quadruples": int(now["quadruples"])}
