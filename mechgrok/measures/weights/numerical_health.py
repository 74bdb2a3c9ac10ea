"""Whether float32 can still tell the answers apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    """Shares of each split's rows whose float32 softmax has collapsed, and whose float32 loss is exactly zero (number classes, no '=').

    collapsed: fl(sum_c exp(L_c - max L)) = 1 in float32, every other term is absorbed by the largest one, so a float32 softmax gives
    exact zeros and ones. zero_loss: collapsed, and the label has the largest logit, so its float32 loss and gradient are exactly zero.
    Where labels were corrupted, the label of a train row is the one that it was trained with; over all and test rows it is the truth.
    Logits are computed in float64 and rounded to float32; sums are those of PyTorch on this machine.
    """

    name: ClassVar[str] = "numerical-health"
    title: ClassVar[str] = "Softmax collapse in float32"
    reference: ClassVar[str] = "Prieto et al. 2025 (arXiv 2501.04697), section 3 (softmax collapse)"
    columns: ClassVar[Mapping[str, str]] = {
        "split": "train: train rows with the labels that they were trained with; all, test: rows of the table with the true ones",
        "rows": "how many rows",
        "collapsed": "share of rows whose float32 sum of exponentials is exactly its largest term; empty without rows",
        "zero_loss": "share of rows whose float32 loss is exactly zero; empty without rows",
    }

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        collapsed, at_top = _health(snapshot)
        table = mean_by_split(snapshot.grid, collapsed.double()).rename(columns={"loss": "collapsed"})
        zero_loss = mean_by_split_of_labels(snapshot.grid, lambda labels: (collapsed & at_top(labels)).double())
        return table.assign(zero_loss=zero_loss["loss"])

    def plot(self, result: pd.DataFrame) -> go.Figure:
        titles = {"collapsed": "Softmax collapse", "zero_loss": "Zero loss"}
        shown = [curves(result, x="step", y=column, color="split", x_title="step", y_title="share of rows") for column in titles]
        return panels(shown, titles=list(titles.values()))

    def headline(self, result: pd.DataFrame) -> Headline:
        found = {column: headline_by_split(result, column) for column in ("collapsed", "zero_loss")}
        return {f"{column}_{split}": value for column, values in found.items() for split, value in values.items()}


def _health(snapshot: Snapshot) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """Which rows' softmax has collapsed (n,), and which rows some labels (n,) have the largest logit of."""
    import torch

    # Some rows at a time, which is faster.
    pieces = [_of_rows(rows.float()) for rows in snapshot.logits.split(512)]
    collapsed, largest = (torch.cat(each) for each in zip(*pieces, strict=True))
    return collapsed, lambda labels: snapshot.logits.gather(1, labels[:, None])[:, 0].float() == largest


def _of_rows(logits: Tensor) -> tuple[Tensor, Tensor]:
    largest = logits.amax(1, keepdim=True)
    # exp(-80) is far below what float32 can add to 1; beyond exp(-87) come subnormal numbers, which take ten times as long.
    return (logits - largest).clamp_(min=-80).exp_().sum(1) == 1, largest[:, 0]
