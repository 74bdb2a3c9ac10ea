"""Collapse of the softmax in float32."""

from __future__ import annotations

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


@dataclass(frozen=True)
class NumericalHealth(Measure):
    """Share of the rows of each split whose float32 softmax has collapsed, and share whose float32 loss is exactly zero.

    collapsed: sum_c exp(L_c - max L) = 1 in float32, over the number classes ('=' dropped): the largest term absorbs all others. zero_loss:
    collapsed, and the label has the largest logit, so that the float32 loss and its gradient are exactly zero. In a run with corrupted
    labels, train rows have the labels they were trained with, all and test rows the true ones. The logits are computed in float64 and
    rounded to float32; the sum is that of PyTorch on the machine that computes it.
    """

    name: ClassVar[str] = "numerical-health"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Softmax collapse in float32"
    reference: ClassVar[str] = "Prieto et al. 2025 (arXiv 2501.04697), section 3 (softmax collapse)"
    columns: ClassVar[Mapping[str, str]] = {
        "split": "train: train rows with the labels they were trained with; all, test: rows of the table with the true labels",
        "rows": "number of rows",
        "collapsed": "share of rows whose float32 sum of exponentials is exactly its largest term; empty without rows",
        "zero_loss": "share of rows whose float32 loss is exactly zero; empty without rows",
    }

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        grid = snapshot.grid
        collapsed, zero = _health(snapshot, grid.labels)
        table = mean_by_split(grid, collapsed).rename(columns={"loss": "collapsed"})
        zero_loss = mean_by_split_of_labels(grid, lambda labels: zero if labels is grid.labels else _health(snapshot, labels)[1])
        return table.assign(zero_loss=zero_loss["loss"])

    def plot(self, result: pd.DataFrame) -> go.Figure:
        titles = {"collapsed": "Softmax collapse", "zero_loss": "Zero loss"}
        shown = [curves(result, x="step", y=column, color="split", x_title="step", y_title="share of rows") for column in titles]
        return panels(shown, titles=list(titles.values()))

    def headline(self, result: pd.DataFrame) -> Headline:
        found = {column: headline_by_split(result, column) for column in ("collapsed", "zero_loss")}
        return {f"{column}_{split}": value for column, values in found.items() for split, value in values.items()}


def _health(snapshot: Snapshot, labels: Tensor) -> Tensor:
    """1 for collapsed rows, and for those among them whose label has the largest logit, else 0 (2, n)."""
    return snapshot.per_row(lambda piece: _of_piece(piece.logits, labels[piece.rows])).double().T


def _of_piece(logits: Tensor, labels: Tensor) -> Tensor:
    """The same for some rows (rows, 2), as bool."""
    import torch

    # Chunks of rows are faster.
    pieces = [_collapsed_and_largest(rows.float()) for rows in logits.split(512)]
    collapsed, largest = (torch.cat(each) for each in zip(*pieces, strict=True))
    at_top = logits.gather(1, labels[:, None])[:, 0].float() == largest
    return torch.stack([collapsed, collapsed & at_top], dim=1)


def _collapsed_and_largest(logits: Tensor) -> tuple[Tensor, Tensor]:
    largest = logits.amax(1, keepdim=True)
    # exp(-80) is far below what float32 can add to 1; beyond exp(-87) come subnormal numbers, which take ten times as long.
    return (logits - largest).clamp_(min=-80).exp_().sum(1) == 1, largest[:, 0]
