"""Cosine similarity between the logits and cosines of phase - c."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.keyed import Keyed, key_set
from mechgrok.measures.base.measure import Headline, last
from mechgrok.measures.frequencies.key_frequencies import logit_similarity
from mechgrok.measures.shared.over_training import beside_training
from mechgrok.plots.primitives import bars, curves

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class LogitCosines(Keyed):
    """Cosine similarity between the logits (centred over c) and cos w_k(phase - c), over all rows and classes.

    similarity_k = <u_k, L> / |L - mean_c L|, u_k = cos w_k(phase - c) / |cos w_k(phase - c)|, w_k = 2 pi k / p; the phase is a + b for
    addition, a - b for subtraction. explained = sum of similarity_k^2 over k = 1 .. p // 2; explained_key = over the key frequencies.
    """

    name: ClassVar[str] = "logit-cosines"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Logits as cosines of the phase minus c"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 4.2; Chughtai et al. 2023 (arXiv 2302.03025), section 5.1"
    columns: ClassVar[Mapping[str, str]] = {
        "frequency": "k, from 1 to p // 2",
        "similarity": "cosine similarity between the logits and cos w_k(phase - c), from -1 to 1",
        "key": "whether k is a key frequency",
    }

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.harmonic import fourier

        similarity = logit_similarity(snapshot).numpy()
        table = pd.DataFrame({"frequency": list(fourier.frequencies(snapshot.p)), "similarity": similarity})
        return table.assign(key=table["frequency"].isin(key_set(given)))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        keys = now.loc[now["key"], "frequency"].tolist()
        shown = bars(now, x="frequency", y="similarity", highlight=keys, x_title="frequency k", y_title="similarity")
        table = result.assign(explained=result["similarity"] ** 2)
        everything = table.groupby("step")["explained"].sum().reset_index().assign(frequencies="all")
        key = table[table["key"]].groupby("step")["explained"].sum().reset_index().assign(frequencies="key")
        both = pd.concat([everything, key])
        over = curves(both, x="step", y="explained", color="frequencies", x_title="step", y_title="share explained")
        return beside_training(result, shown, over)

    def frame(self, rows: pd.DataFrame) -> Sequence[Mapping[str, ArrayLike]]:
        return [{"x": rows["frequency"], "y": rows["similarity"]}]

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        square = now["similarity"] ** 2
        similarity = now[now["key"]].set_index("frequency")["similarity"]
        return {
            "explained": float(square.sum()),
            "explained_key": float(square[now["key"]].sum()),
            "similarity": {str(k): float(value) for k, value in similarity.items()},
        }
