"""The number tokens on a plane."""

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
"""More points than this are told by their colour alone."""


@dataclass(frozen=True)
class TokenMap(Measure):
    """The embeddings W_E of the number tokens ('=' left out) on a plane.

    pca: W_E - mean = U S V^T, coordinates the first two columns of U S, in the units of W_E; share_i = S_i^2 / sum S^2 is the variance
    explained. tsne: scikit-learn's t-SNE from the principal plane, perplexity 30 or (p - 1) / 3 where that is less, seeded; its
    coordinates have no unit, and distances between far tokens mean little.
    """

    name: ClassVar[str] = "token-map"
    title: ClassVar[str] = "Map of the number tokens"
    reference: ClassVar[str] = (
        "Power et al. 2022 (arXiv 2201.02177), visualisation of embeddings (t-SNE); Furuta et al. 2024 (arXiv 2402.16726) (PCA)"
    )
    columns: ClassVar[Mapping[str, str]] = {
        "token": "the number token",
        "first": "coordinate along the map's first axis",
        "second": "coordinate along its second axis",
        "first_share": "share of variance along the first axis, the same in each row; empty for t-SNE and where all tokens agree",
        "second_share": "share of variance along the second axis",
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
        named = now.assign(label=now["token"].astype(str).where(_apart(now[["first", "second"]].to_numpy()), ""))
        places = scatter(named, x="first", y="second", color="token", label=label, equal_aspect=True)
        return places.update_xaxes(title_text=titles[0]).update_yaxes(title_text=titles[1]).update_layout(width=620, height=540)

    def headline(self, result: pd.DataFrame) -> Headline:
        shares = last(result)[["first_share", "second_share"]].iloc[0]
        why = "t-SNE explains no share of the variance" if self.method == "tsne" else "all number tokens have the same embedding"
        return {
            name: Missing(why) if pd.isna(share) else float(share)
            for name, share in zip(("first_share", "second_share"), shares, strict=True)
        }


def _apart(places: np.ndarray, part: float = 0.045) -> np.ndarray:
    """Whether each place is further from all labelled ones before it than this part of the whole, so that labels do not touch."""
    reach, found = part * float(np.ptp(places, axis=0).max()), np.zeros(len(places), dtype=bool)
    for index, place in enumerate(places):
        found[index] = (np.abs(places[found] - place).max(1, initial=0) > reach).all()
    return found


def _axis(method: str, order: str, share: float) -> str:
    if method == "tsne":
        return f"{order} t-SNE axis"
    return f"{order} principal axis" + ("" if pd.isna(share) else f" ({share:.1%} of variance)")
