"""Loss with the attention of '=' to itself removed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.ablations import ablations
from mechgrok.measures.base.measure import Headline, Measure
from mechgrok.measures.shared.by_split import headline_by_split
from mechgrok.measures.shared.obstacles import needs_attention_to_equals
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

WITHOUT = "no attention to ="


@dataclass(frozen=True)
class AttentionAblation(Measure):
    """Cross-entropy (nats) and accuracy on each split when '=' does not attend to itself, in all heads of all layers.

    The attention score of '=' for itself is set to -inf, so that the attention to every other position j becomes A'_j = A_j / (1 - A_=) in
    each head. The unablated network is the reference. Float64.
    """

    name: ClassVar[str] = "attention-ablation"
    title: ClassVar[str] = "Loss without attention to '='"
    reference: ClassVar[str] = (
        "Nanda et al. 2023 (arXiv 2301.05217), section 4.3 (how little '=' attends to itself); github.com/fletchel/aisc_oocl_experiments"
    )
    columns: ClassVar[Mapping[str, str]] = {"variant": f"unablated, or {WITHOUT}", **ablations.COLUMNS}
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"

    def obstacle(self, run: Run) -> str | None:
        return needs_attention_to_equals(run) or super().obstacle(run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.measures.shared import edited_attention

        return ablations.losses_of(snapshot, [(WITHOUT, edited_attention.logits(snapshot, _without_itself(snapshot)))])

    def plot(self, result: pd.DataFrame) -> go.Figure:
        return ablations.losses_figure(result)

    def headline(self, result: pd.DataFrame) -> Headline:
        by_variant = dict(list(result.groupby("variant")))
        accuracy = headline_by_split(by_variant[WITHOUT], "accuracy")
        found = {
            "": headline_by_split(by_variant[WITHOUT], "loss"),
            "unablated_": headline_by_split(by_variant[ablations.UNABLATED], "loss"),
        }
        losses = {prefix + split: loss for prefix, by_split in found.items() for split, loss in by_split.items()}
        return losses | {f"accuracy_{split}": value for split, value in accuracy.items()}


def _without_itself(snapshot: Snapshot) -> Callable[[Tensor, slice], Tensor]:
    """The edit that sets the score of the last position for itself to -inf."""
    from mechgrok.measures.shared import edited_attention

    itself = snapshot.grid.task.row_length - 1

    def edit(scores: Tensor, rows: slice) -> Tensor:
        others = scores.clone()
        others[..., itself] = -math.inf
        return edited_attention.pattern(snapshot, others)

    return edit
