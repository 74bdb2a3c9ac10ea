"""Circularity of the principal components of the embedding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, Missing, last
from mechgrok.measures.shared.over_training import beside_training
from mechgrok.plots.primitives import bars, curves

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class Circularity(InBasis):
    """Share of each of the first principal components of W_E (number tokens, centred over them) that is a wave of one frequency.

    v: a component as a unit vector over the p tokens; DFT_k = 1 / sqrt(p) sum_t v_t exp(-2 pi i k t / p). circularity = clip(2
    |DFT_k*|^2, 0, 1), from 0 to 1, k* = argmax of |DFT_k| over k = 1 .. p // 2. Headline: mean over the first four components, without
    those that have no variance.
    """

    of_weights: ClassVar[bool] = True
    name: ClassVar[str] = "circularity"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Circularity of the embedding"
    reference: ClassVar[str] = "Zhong et al. 2023 (arXiv 2306.17844), section 5 and appendix"
    columns: ClassVar[Mapping[str, str]] = {
        "pc": "index of the principal component, from 1",
        "frequency": "k of the largest |DFT_k|; 0 where the component has no variance",
        "circularity": "from 0 to 1 (a wave of one frequency); empty where the component has no variance",
        "variance": "share of the variance of W_E over the tokens",
    }

    components: Annotated[int, Field(ge=1)] = 4

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.harmonic import circles

        vectors, variance = circles.principal_components(snapshot.embedding)
        frequency, circularity = circles.circularities(vectors[:, : self.components])
        found = pd.DataFrame(
            {"frequency": frequency.numpy(), "circularity": circularity.numpy(), "variance": variance[: self.components].numpy()}
        )
        table = found.reindex(range(self.components)).fillna({"frequency": 0, "variance": 0.0})
        return table.assign(pc=range(1, self.components + 1), frequency=table["frequency"].astype(int))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        shown = bars(
            now.assign(component=_names(now)),
            x="component",
            y="circularity",
            x_title="principal component: its frequency k",
            y_title="circularity",
        )
        mean = result.groupby("step")["circularity"].mean().reset_index()
        over = curves(mean, x="step", y="circularity", x_title="step", y_title=f"mean of the first {now['pc'].max()} components")
        return beside_training(result, shown, over)

    def frame(self, rows: pd.DataFrame) -> Sequence[Mapping[str, ArrayLike]]:
        return [{"x": _names(rows), "y": rows["circularity"]}]

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        varying = now[now["variance"] > 0]
        if varying.empty:
            return dict.fromkeys(("circularity", "frequencies", "variance"), Missing("the embedding is constant over the tokens"))
        return {
            "circularity": float(varying["circularity"].mean()),
            "frequencies": varying["frequency"].astype(int).tolist(),
            "variance": float(varying["variance"].sum()),
        }


def _names(rows: pd.DataFrame) -> list[str]:
    """Each principal component with its frequency."""
    return [f"{component}: {k}" for component, k in zip(rows["pc"], rows["frequency"], strict=True)]
