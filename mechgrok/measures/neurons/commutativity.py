"""Asymmetry between the operands: neurons, logits, attention and positions."""

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
    """Relative change of neurons and logits when the operands are swapped, over all (a, b), and the attention to a and to b.

    asymmetry = |N(a, b) - N(b, a)| / |N|, Frobenius norms over the table, N the neurons (last layer, after the nonlinearity) or the
    logits (not centred). attention_a, attention_b: attention of the read position to a and to b, last layer, mean over rows and heads;
    attention_difference: mean of |attention to a - attention to b|. position_cosine: cosine between W_pos at the positions of a and b.
    """

    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"
    name: ClassVar[str] = "commutativity"
    title: ClassVar[str] = "Symmetry between the operands"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 4 and released notebook"
    columns: ClassVar[Mapping[str, str]] = {
        "neurons": "asymmetry of the neurons, from 0 to 2; empty without neurons, or where all are 0",
        "logits": "asymmetry of the logits, from 0 to 2; empty where all are 0",
        "attention_a": "mean attention to a, from 0 to 1; empty without attention, as are the next two columns",
        "attention_b": "mean attention to b",
        "attention_difference": "mean of |attention to a - attention to b|",
        "position_cosine": "cosine between the position embeddings of a and b; empty where one is 0 or does not exist",
    }

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or needs_all_pairs(run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.symmetries.symmetry import asymmetry

        square = (snapshot.p, snapshot.p, -1)
        neurons = asymmetry(snapshot.neurons.view(square)) if snapshot.architecture.has_neurons else float("nan")
        attention = _attention(snapshot) if snapshot.architecture.heads else (float("nan"),) * 4
        return pd.DataFrame([(neurons, asymmetry(snapshot.logits.view(square)), *attention)], columns=list(self.columns))

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
            "neurons": "the network has no neurons, or all activations are zero",
            "logits": "all logits are zero",
            "position_cosine": "a position embedding is zero or does not exist",
            **dict.fromkeys(("attention_a", "attention_b", "attention_difference"), "the network has no attention"),
        }
        return {key: Missing(reasons[key]) if key in reasons and pd.isna(now[key]) else float(now[key]) for key in self.columns}


def _attention(snapshot: Snapshot) -> tuple[float, float, float, float]:
    """Mean attention to a and to b, mean absolute difference of the two, and cosine between the position embeddings."""
    to_a, to_b = attention_to_operands(snapshot)
    W_pos = snapshot.parameters.get("pos_embed.W_pos")
    position = float("nan") if W_pos is None else _cosine(*W_pos[operand_positions(snapshot.grid.task)])
    return float(to_a.mean()), float(to_b.mean()), float((to_a - to_b).abs().mean()), position


def _cosine(x: Tensor, y: Tensor) -> float:
    size = float(x.norm() * y.norm())
    return float(x @ y) / size if size > 0 else float("nan")
