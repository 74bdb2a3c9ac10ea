"""Whether the network treats (a, b) and (b, a) alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.measure import Headline, Measure, Missing, last
from mechgrok.measures.shared.obstacles import needs_all_pairs
from mechgrok.measures.shared.operand_attention import attention_to_operands, operand_positions
from mechgrok.plots.primitives import curves, panels
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class Commutativity(Measure):
    """How much neurons and logits change when the operands change places, and what may tell these apart, over all rows.

    asymmetry = |N(a, b) - N(b, a)| / |N|, Frobenius norms over the table, N the neurons (last layer, after the nonlinearity) or the
    logits (not centred); attention: mean over rows and heads of the last layer's pattern from the position that is read, and of its
    |difference| between a and b; position cosine: between W_pos of a's and of b's position.
    """

    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"
    name: ClassVar[str] = "commutativity"
    title: ClassVar[str] = "Symmetry between the operands"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 4 and released notebook"
    columns: ClassVar[Mapping[str, str]] = {
        "neurons": "|N(a, b) - N(b, a)| / |N|, from 0 to 2; empty without neurons, or where all are 0",
        "logits": "the same of the logits; empty where all are 0",
        "attention_a": "mean attention to a, from 0 to 1; empty, as the next two, without attention",
        "attention_b": "mean attention to b",
        "attention_difference": "mean of |attention to a - attention to b|",
        "position_cosine": "between the position embeddings of a and b, from -1 to 1; empty where one is 0 or there is none",
    }

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or needs_all_pairs(run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.symmetries.symmetry import asymmetry

        square = (snapshot.p, snapshot.p, -1)
        neurons = asymmetry(snapshot.neurons.view(square)) if snapshot.architecture.has_neurons else float("nan")
        told_apart = _attention(snapshot) if snapshot.architecture.heads else (float("nan"),) * 4
        return pd.DataFrame([(neurons, asymmetry(snapshot.logits.view(square)), *told_apart)], columns=list(self.columns))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        asymmetries = result.melt("step", ["neurons", "logits"], var_name="of", value_name="asymmetry")
        both = curves(asymmetries, x="step", y="asymmetry", color="of", x_title="step", y_title="|N(a, b) \N{MINUS SIGN} N(b, a)| / |N|")
        named = {"attention_a": "to a", "attention_b": "to b", "attention_difference": "|difference|"}
        long = result.rename(columns=named).melt("step", list(named.values()), var_name="attention", value_name="mean")
        attention = curves(long, x="step", y="mean", color="attention", x_title="step", y_title="mean attention")
        return panels([both, attention], titles=["Asymmetry", "Attention"])

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result).iloc[0]
        reasons = {
            "neurons": "there are no neurons, or all of them are zero",
            "logits": "all logits are zero",
            "position_cosine": "a position embedding is zero, or there is none",
            **dict.fromkeys(("attention_a", "attention_b", "attention_difference"), "the network has no attention"),
        }
        return {key: Missing(reasons[key]) if key in reasons and pd.isna(now[key]) else float(now[key]) for key in self.columns}


def _attention(snapshot: Snapshot) -> tuple[float, float, float, float]:
    """Mean attention to a, to b, their mean difference, and the cosine between their positions."""
    to_a, to_b = attention_to_operands(snapshot)
    W_pos = snapshot.parameters.get("pos_embed.W_pos")
    position = float("nan") if W_pos is None else _cosine(*W_pos[operand_positions(snapshot.grid.task)])
    return float(to_a.mean()), float(to_b.mean()), float((to_a - to_b).abs().mean()), position


def _cosine(x: Tensor, y: Tensor) -> float:
    size = float(x.norm() * y.norm())
    return float(x @ y) / size if size > 0 else float("nan")
