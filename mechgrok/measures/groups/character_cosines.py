"""Cosine similarity between the logits and characters of the group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.measure import Headline, last
from mechgrok.measures.base.on_group import OnGroup, finite_group
from mechgrok.measures.shared.over_training import beside_training
from mechgrok.plots.primitives import bars, curves

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class CharacterCosines(OnGroup):
    """Cosine similarity between the logits (centred over c) and the characters chi_rho(s c^-1), over all rows and classes.

    similarity_rho = <u_rho, L> / |L - mean_c L|, u_rho = chi_rho(s c^-1) / |chi_rho(s c^-1)|, s the label (a b for composition), rho a
    real irreducible representation other than the trivial one. explained = sum of similarity_rho^2; the u_rho are orthogonal. Key
    representations have a similarity above the threshold.
    """

    name: ClassVar[str] = "character-cosines"
    title: ClassVar[str] = "Logits as characters of the label times c inverse"
    reference: ClassVar[str] = "Chughtai et al. 2023 (arXiv 2302.03025), section 5.1"
    columns: ClassVar[Mapping[str, str]] = {
        "irrep": "name of the representation: a partition, or a Mulliken symbol",
        "dimension": "d, over the real numbers",
        "similarity": "cosine similarity between the logits and the character, from -1 to 1",
        "key": "whether the similarity is above the threshold",
    }

    threshold: Annotated[float, Field(ge=0)] = 0.05
    at: Literal["own", "last"] = "own"  # type: ignore[assignment]

    def caption(self) -> str:
        return f"{super().caption()} Threshold: {self.threshold:g}."

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.algebra import characters
        from mechgrok.maths.algebra.representations import real_irreps

        group, logits = finite_group(snapshot), snapshot.logits
        coefficients = characters.coefficients(snapshot.phase_sums, len(logits), group)[1:]
        size = (logits - logits.mean(1, keepdim=True)).norm()
        similarity = coefficients / size if size > 1e-12 * logits.norm() else 0 * coefficients
        irreps = real_irreps(group)[1:]
        table = pd.DataFrame({"irrep": [each.name for each in irreps], "dimension": [each.dimension for each in irreps]})
        return table.assign(similarity=similarity.numpy()).assign(key=lambda each: each["similarity"] > self.threshold)

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        shown = bars(now, x="irrep", y="similarity", x_title="representation", y_title="similarity")
        table = result.assign(explained=result["similarity"] ** 2)
        everything = table.groupby("step")["explained"].sum().reset_index().assign(representations="all")
        key = table["explained"].where(table["key"], 0).groupby(table["step"]).sum().reset_index().assign(representations="key")
        both = pd.concat([everything, key])
        over = curves(both, x="step", y="explained", color="representations", x_title="step", y_title="share explained")
        return beside_training(result, shown, over)

    def frame(self, rows: pd.DataFrame) -> Sequence[Mapping[str, ArrayLike]]:
        return [{"x": rows["irrep"], "y": rows["similarity"]}]

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        key = now[now["key"]]
        return {
            "explained": float((now["similarity"] ** 2).sum()),
            "explained_key": float((key["similarity"] ** 2).sum()),
            "similarity": {str(name): float(value) for name, value in zip(key["irrep"], key["similarity"], strict=True)},
        }
