"""Probability of the label, perplexity and predictive entropy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.measure import Headline, Measure
from mechgrok.measures.shared.by_split import headline_by_split, mean_by_split, mean_by_split_of_labels
from mechgrok.plots.primitives import curves, panels

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

QUANTITIES = {"probability": "probability of the label", "perplexity": "perplexity", "entropy": "entropy / log p"}


@dataclass(frozen=True)
class LabelProbability(Measure):
    """Mean softmax probability of the label, perplexity, and predictive entropy as a share of log p, over the rows of each split.

    P = softmax of the number logits ('=' dropped, float64). probability = mean over rows of P[n, label]; perplexity = exp(mean
    cross-entropy), 1 at best and p for uniform P; entropy = mean over rows of -sum_c P[n, c] log P[n, c] / log p, from 0 to 1 (uniform).
    In a run with corrupted labels, train rows have the labels they were trained with, all and test rows the true ones, as in `loss`.
    """

    name: ClassVar[str] = "label-probability"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Probability of the label, perplexity, entropy"
    reference: ClassVar[str] = "Furuta et al. 2024 (arXiv 2402.16726), published code; Power et al. 2022 (arXiv 2201.02177), published code"
    columns: ClassVar[Mapping[str, str]] = {
        "split": "train: train rows with the labels they were trained with; all, test: rows of the table with the true labels",
        "rows": "number of rows",
        "probability": "mean softmax probability of the label; empty without rows, as are the next columns",
        "perplexity": "exp of the mean cross-entropy",
        "entropy": "mean predictive entropy over log p, from 0 to 1",
    }

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        cost = mean_by_split_of_labels(snapshot.grid, snapshot.losses_against)
        right = mean_by_split_of_labels(snapshot.grid, lambda labels: (-snapshot.losses_against(labels)).exp())
        entropy = mean_by_split(snapshot.grid, _entropies(snapshot) / math.log(snapshot.p))
        perplexity = [_exp(loss) for loss in cost["loss"]]
        return cost[["split", "rows"]].assign(probability=right["loss"], perplexity=perplexity, entropy=entropy["loss"])

    def plot(self, result: pd.DataFrame) -> go.Figure:
        shown = [
            curves(result, x="step", y=column, color="split", log_y=column == "perplexity", x_title="step", y_title=title)
            for column, title in QUANTITIES.items()
        ]
        return panels(shown, titles=["Probability", "Perplexity", "Predictive entropy"])

    def headline(self, result: pd.DataFrame) -> Headline:
        found = {column: headline_by_split(result, column) for column in QUANTITIES}
        return {f"{column}_{split}": value for column, values in found.items() for split, value in values.items()}


def _entropies(snapshot: Snapshot) -> Tensor:
    """-sum_c P log P of every row in nats (n,), as log sum_c exp L_c - sum_c P_c L_c."""
    at_label, expected = snapshot.per_row(lambda piece: _terms(piece.logits, snapshot.grid.labels[piece.rows])).T
    return (snapshot.losses + at_label - expected).clamp_min(0)


def _terms(logits: Tensor, labels: Tensor) -> Tensor:
    """L of the label, and sum_c P_c L_c (rows, 2); by chunks of rows, which is faster."""
    import torch

    expected = torch.cat([(rows.softmax(1) * rows).sum(1) for rows in logits.split(512)])
    return torch.stack([logits.gather(1, labels[:, None])[:, 0], expected], dim=1)


def _exp(loss: float) -> float:
    return math.exp(loss) if loss < 700 else math.inf
