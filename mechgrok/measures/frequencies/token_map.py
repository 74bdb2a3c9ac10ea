"""The embeddings of the number tokens in two dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.measure import Headline, Measure, Missing, last
from mechgrok.plots.primitives import scatter

if TYPE_CHECKING:
    from mechgrok.runs.snapshot import Snapshot

LABELLED = 64
"""The most points that are labelled."""


@dataclass(frozen=True)
class TokenMap(Measure):
    """The embeddings W_E of the number tokens ('=' dropped) in two dimensions.

    method=pca: W_E - mean = U S V^T; the coordinates are the first two columns of U S, in units of W_E; share_i = S_i^2 / sum S^2, the
    share of variance. method=tsne: t-SNE of scikit-learn, started from the principal plane, perplexity 30 or (p - 1) / 3 where that is
    smaller, seeded; the coordinates have no unit, and only distances between near tokens are meaningful.
    """

    name: ClassVar[str] = "token-map"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Map of the number tokens"
    reference: ClassVar[str] = (
        "Power et al. 2022 (arXiv 2201.02177), visualisation of embeddings (t-SNE); Furuta et al. 2024 (arXiv 2402.16726) (PCA)"
    )
    columns: ClassVar[Mapping[str, str]] = {
        "token": "the number token",
        "first": "coordinate on the first axis",
        "second": "coordinate on the second axis",
        "first_share": "share of variance on the first axis, the same in each row; empty for t-SNE, and for equal embeddings",
        "second_share": "share of variance on the second axis, likewise",
    }
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"

    method: Literal["pca", "tsne"] = "pca"
    seed: int = 0

    def caption(self) -> str:
        return f"{super().caption()} Here: {self.method}."

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.statistics import projections

        places, shares = projections.principal_plane(snapshot.embedding)
        if self.method == "tsne":
            places, shares = projections.tsne(snapshot.embedding, self.seed), shares * float("nan")
        first, second = places.T.numpy()
        explained = {"first_share": float(shares[0]), "second_share": float(shares[1])}
        return pd.DataFrame({"token": snapshot.tokens.numpy(), "first": first, "second": second}).assign(**explained)

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        titles = [_axis(self.method, order, now[f"{order}_share"].iloc[0]) for order in ("first", "second")]
        label = "label" if len(now) <= LABELLED else None
        named = now.assign(label=now["token"].astype(str).where(_far_from_labels(now[["first", "second"]].to_numpy()), ""))
        places = scatter(named, x="first", y="second", color="token", label=label, equal_aspect=True)
        return places.update_xaxes(title_text=titles[0]).update_yaxes(title_text=titles[1]).update_layout(width=620, height=540)

    def headline(self, result: pd.DataFrame) -> Headline:
        shares = last(result)[["first_share", "second_share"]].iloc[0]
        why = "t-SNE has no shares of variance" if self.method == "tsne" else "all number tokens have the same embedding"
        return {
            name: Missing(why) if pd.isna(share) else float(share)
            for name, share in zip(("first_share", "second_share"), shares, strict=True)
        }


def _far_from_labels(places: np.ndarray, part: float = 0.045) -> np.ndarray:
    """Mask of the points that are labelled: each is farther than `part` of the extent from all labelled ones before it."""
    reach, found = part * float(np.ptp(places, axis=0).max()), np.zeros(len(places), dtype=bool)
    for index, place in enumerate(places):
        found[index] = (np.abs(places[found] - place).max(1, initial=0) > reach).all()
    return found


def _axis(method: str, order: str, share: float) -> str:
    if method == "tsne":
        return f"{order} t-SNE axis"
    return f"{order} principal axis" + ("" if pd.isna(share) else f" ({share:.1%} of variance)")
