"""Fourier spectrum over (a, b)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.keyed import Keyed, key_set
from mechgrok.measures.base.measure import Headline, Missing, last, step_title
from mechgrok.measures.neurons.site_obstacle import site_obstacle
from mechgrok.measures.shared.operand_attention import attention_to_operands
from mechgrok.plots.primitives import heatmap, panels
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

FAINT = 1e-3
"""Norms below this share of the largest have the lightest colour."""
SIDE = 560
"""Width of a figure of one field, in pixels: four per component at p = 113."""
PANELS = 6


@dataclass(frozen=True)
class Spectrum2D(Keyed):
    """Norms of the 2-D Fourier components over all (a, b) of the logits (centred over c), the neurons, or the attention to a.

    T[i, j] = sum over a, b of F[i, a] F[j, b] x[a, b], F the orthonormal real basis of Z_p. site=logits: x = L - mean_c L, norm = |T[i, j]|
    over the outputs c. site=neurons: x = neurons of the last layer, norm over these. site=attention: x = attention of the read position
    to a, for each head of the last layer. share = norm^2 / sum of norm^2 over all components but the constant. A component is significant
    if its norm is above `threshold` times the largest non-constant norm (of its head). Shares are averaged over heads.
    """

    name: ClassVar[str] = "spectrum-2d"
    title: ClassVar[str] = "Fourier spectrum over (a, b)"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 4.1"
    columns: ClassVar[Mapping[str, str]] = {
        "head": "index of the head; 0 for the other sites",
        "frequency_a": "frequency of the function of a, 0 for the constant",
        "part_a": "const, cos or sin",
        "frequency_b": "frequency of the function of b",
        "part_b": "const, cos or sin",
        "norm": "norm of the component, in units of the site",
        "share": "norm^2 / sum over all components but the constant; empty for the constant, and for constant x",
        "turned": "for two equal frequencies k, the share of a wave of a + b or a - b: cos w_k(a+b) at (cos, cos), sin w_k(a+b) at "
        "(sin, cos), cos w_k(a-b) at (sin, sin), sin w_k(a-b) at (cos, sin); else empty",
        "key": "whether both frequencies are one key frequency",
    }
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"

    site: Literal["logits", "neurons", "attention"] = "logits"
    threshold: Annotated[float, Field(gt=0, le=1)] = 0.2

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or site_obstacle(self, run, self.site)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.harmonic import planes

        tables = [_table(*planes.energies(*field)).assign(head=head) for head, field in enumerate(_fields(snapshot, self.site))]
        joined = pd.concat(tables, ignore_index=True)
        same = joined["frequency_a"] == joined["frequency_b"]
        return joined.assign(key=same & joined["frequency_a"].isin(key_set(given)))

    def caption(self) -> str:
        return f"{super().caption()} Here: {self.site}."

    def plot(self, result: pd.DataFrame) -> go.Figure:
        heads = list(last(result).groupby("head"))[:PANELS]
        figures = [_field_of(rows) for _, rows in heads]
        if len(figures) == 1:
            return figures[0].update_layout(width=SIDE + 60, height=SIDE, title_text=step_title(last(result)))
        return panels(figures, titles=[f"head {head}" for head, _ in heads], columns=2)

    def headline(self, result: pd.DataFrame) -> Headline:
        varying = last(result).dropna(subset=["share"])
        if varying.empty:
            why = Missing(f"the {self.site} are constant over the table")
            return dict.fromkeys(("significant", "sum_key", "difference_key", "sum_by_frequency"), why)
        largest = varying.groupby("head")["norm"].transform("max")
        keys = varying[varying["key"]]
        sums = keys[keys["part_b"] == "cos"].groupby("frequency_a")["turned"].sum() / varying["head"].nunique()
        every = keys["turned"].sum() / varying["head"].nunique()
        return {
            "significant": int((varying["norm"] > self.threshold * largest).sum()),
            "sum_key": float(sums.sum()),
            "difference_key": float(every - sums.sum()),
            "sum_by_frequency": {str(k): float(share) for k, share in sums.items()},
        }


def _fields(snapshot: Snapshot, site: str) -> list[tuple[Tensor, Tensor]]:
    """The fields that are transformed (p, p, m), each with its centre (p, p, 1)."""
    import torch

    p = snapshot.p
    zero = torch.zeros(p, p, 1, dtype=torch.float64)
    if site == "logits":
        return [(snapshot.logits.view(p, p, -1), snapshot.logits.mean(1).view(p, p, 1))]
    if site == "neurons":
        return [(snapshot.neurons.view(p, p, -1), zero)]
    to_a = attention_to_operands(snapshot)[0]
    return [(head.reshape(p, p, 1), zero) for head in to_a.T]


def _table(products: Tensor, turned: Tensor) -> pd.DataFrame:
    """The components of one field from their energies (p, p)."""
    p = len(products)
    row = np.arange(p)
    frequency, part = (row + 1) // 2, np.where(row == 0, "const", np.where(row % 2 == 1, "cos", "sin"))
    squares = products.numpy().copy()
    squares[0, 0] = 0
    varies = squares.sum() > 1e-20 * products.sum().item()
    shares, of_turned = (energy / squares.sum() if varies else np.full((p, p), np.nan) for energy in (squares, turned.numpy()))
    shares[0, 0] = np.nan
    equal = (frequency[:, None] == frequency) & (row > 0)
    columns = {
        "frequency_a": np.repeat(frequency, p),
        "part_a": np.repeat(part, p),
        "frequency_b": np.tile(frequency, p),
        "part_b": np.tile(part, p),
        "norm": products.sqrt().flatten().numpy(),
        "share": shares.flatten(),
        "turned": np.where(equal, of_turned, np.nan).flatten(),
    }
    return pd.DataFrame(columns)


def _field_of(rows: pd.DataFrame) -> go.Figure:
    """Heatmap of the norms of one field: log10 of norm / largest non-constant norm."""
    p = round(len(rows) ** 0.5)
    norms = rows["norm"].to_numpy().reshape(p, p).copy()
    norms[0, 0] = 0
    colours = np.log10(np.maximum(norms / (norms.max() or 1), FAINT))
    component = np.arange(p)
    places = (component + 1) // 2 + np.where(component == 0, 0, np.where(component % 2 == 1, -0.25, 0.25))
    axis = "{}: frequency, cosine before sine"
    x_title, y_title = axis.format("b"), axis.format("a")
    return heatmap(colours, x=places, y=places, x_title=x_title, y_title=y_title, value_title="log10 of norm / largest")
