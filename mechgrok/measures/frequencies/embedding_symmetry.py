"""Symmetry of the embedding under x -> -x."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, Missing, last
from mechgrok.measures.shared.over_training import beside_training
from mechgrok.plots.primitives import curves, histogram

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class EmbeddingSymmetry(InBasis):
    """Cosine between the embeddings of x and -x, its inverse in the group, for every x, beside a random pair for each x.

    cosine = <W_E[x], W_E[-x]> / (|W_E[x]| |W_E[-x]|), W_E not centred, for every x that is not its own inverse (as are 0 and p / 2).
    control = the same with a random element instead of -x, drawn from all but x and -x (seeded). A function of x^2 depends only on the
    class {x, -x}, so the cosine may reach 1.
    """

    of_weights: ClassVar[bool] = True
    name: ClassVar[str] = "embedding-symmetry"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Symmetry of the embedding under x to -x"
    reference: ClassVar[str] = (
        "defined here, for a^2 + b^2 as in the published code that follows Krasheninnikov et al. 2023 (arXiv 2310.15047)"
    )
    columns: ClassVar[Mapping[str, str]] = {
        "element": "x, an element of the group",
        "cosine": "cosine between the embeddings of x and -x; empty where x is its own inverse or an embedding is zero",
        "control": "cosine between the embeddings of x and a random element that is neither x nor -x; empty where cosine is",
    }

    seed: int = 0

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        import torch

        p = snapshot.p
        x = torch.arange(p)
        paired = 2 * x % p > 0
        other = _others(x, p, torch.Generator().manual_seed(self.seed))
        pairs = {"cosine": (x, -x % p), "control": (x, other)}
        cosines = {name: _cosines(snapshot.embedding, *pair).where(paired, torch.nan).numpy() for name, pair in pairs.items()}
        return pd.DataFrame({"element": x.numpy(), **cosines})

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        named = {"x and its inverse": "cosine", "random pairs": "control"}
        spread = histogram({name: now[column].dropna() for name, column in named.items()}, bins=20, x_title="cosine", y_title="elements")
        means = result.groupby("step")[["cosine", "control"]].mean().rename(columns={column: name for name, column in named.items()})
        over = means.melt(ignore_index=False, var_name="pairs", value_name="mean").reset_index()
        shown = curves(over, x="step", y="mean", color="pairs", x_title="step", y_title="mean cosine").update_yaxes(range=[-1, 1])
        return beside_training(result, spread, shown)

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        own_inverses = (2 * now["element"] % len(now) == 0).all()
        empty = Missing("every element is its own inverse" if own_inverses else "no x and -x both have embeddings that are not zero")
        means = {"mean": now["cosine"].mean(), "mean_control": now["control"].mean()}
        return {name: empty if pd.isna(value) else float(value) for name, value in means.items()}


def _others(x: Tensor, p: int, generator: torch.Generator) -> Tensor:
    """For each x a random element that is neither x nor -x (p,); arbitrary where there is none, or where x is -x."""
    import torch

    skip = torch.stack([x, -x % p]).sort(0).values
    drawn = torch.randint(max(p - 2, 1), x.shape, generator=generator)
    after_first = drawn + (drawn >= skip[0])
    return (after_first + (after_first >= skip[1])) % p


def _cosines(embedding: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Cosines between the rows x and the rows y; NaN where one of them is zero."""
    unit = embedding / embedding.norm(dim=1, keepdim=True)
    return (unit[x] * unit[y]).sum(1)
