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
        grid, collapsed = snapshot.grid, snapshot.collapsed
        table = mean_by_split(grid, collapsed.double()).rename(columns={"loss": "collapsed"})
        # Two equal largest logits would sum to more than 1, so the largest logit of a collapsed row is one class.
        zero_loss = mean_by_split_of_labels(grid, lambda labels: (collapsed & (snapshot.predictions == labels)).double())
        return table.assign(zero_loss=zero_loss["loss"])

    def plot(self, result: pd.DataFrame) -> go.Figure:
        titles = {"collapsed": "Softmax collapse", "zero_loss": "Zero loss"}
        shown = [curves(result, x="step", y=column, color="split", x_title="step", y_title="share of rows") for column in titles]
        return panels(shown, titles=list(titles.values()))

    def headline(self, result: pd.DataFrame) -> Headline:
        found = {column: headline_by_split(result, column) for column in ("collapsed", "zero_loss")}
        return {f"{column}_{split}": value for column, values in found.items() for split, value in values.items()}
