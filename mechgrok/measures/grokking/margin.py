"""Margin of the label's logit over the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.measure import Headline, Measure, last
from mechgrok.measures.shared.by_split import SPLITS, headline_by_split
from mechgrok.measures.shared.over_training import beside_training
from mechgrok.plots.primitives import bars, curves

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

BINS = 40
STATISTICS = ("min", "mean", "max")


@dataclass(frozen=True)
class Margin(Measure):
    """Margin of every row, in logits: the logit of the label less the largest other logit; over all, train and test rows.

    margin = L[n, label] - max_{c != label} L[n, c], over the number classes c ('=' dropped); below 0 the answer is wrong. The histogram
    has 40 equal bins from the smallest to the largest margin of all rows.
    """

    name: ClassVar[str] = "margin"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Margin of the right answer"
    reference: ClassVar[str] = "Morwani et al. 2023 (arXiv 2311.07568), definition of the margin"
    columns: ClassVar[Mapping[str, str]] = {
        "split": "all, train or test rows of the table",
        "statistic": "min, mean, max, or bin",
        "margin": "difference of logits: the statistic, or the centre of the bin; empty without rows",
        "rows": "number of rows of the split, or in the bin",
    }

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        margins = _margins(snapshot).numpy()
        edges = np.histogram_bin_edges(margins, BINS)
        subsets = {name: margins[mask.numpy()] for name, mask in snapshot.grid.subsets.items()}
        return pd.concat([_statistics_and_bins(found, edges).assign(split=name) for name, found in subsets.items()], ignore_index=True)

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now, over = last(result), result[(result["split"] == "all") & (result["statistic"] != "bin")]
        spread = _distribution(now[now["statistic"] == "bin"])
        shown = curves(over, x="step", y="margin", color="statistic", x_title="step", y_title="margin over all rows")
        return beside_training(result, spread, shown)

    def headline(self, result: pd.DataFrame) -> Headline:
        found = {name: headline_by_split(result[result["statistic"] == name], "margin") for name in STATISTICS}
        return {f"{name}_{split}": found[name][split] for split in SPLITS for name in STATISTICS}


def _margins(snapshot: Snapshot) -> Tensor:
    """L[n, label] - max of the others (n,)."""
    return snapshot.per_row(lambda piece: _margins_of(piece.logits, snapshot.grid.labels[piece.rows, None]))


def _margins_of(logits: Tensor, labels: Tensor) -> Tensor:
    """The same for logits (rows, p) and labels (rows, 1); by chunks of rows, which is faster."""
    import torch

    pieces = zip(logits.split(1024), labels.split(1024), strict=True)
    others = torch.cat([rows.scatter(1, label, -torch.inf).amax(1) for rows, label in pieces])
    return logits.gather(1, labels)[:, 0] - others


def _statistics_and_bins(margins: np.ndarray, edges: np.ndarray) -> pd.DataFrame:
    found = (margins.min(), margins.mean(), margins.max()) if len(margins) else (np.nan,) * 3
    summary = pd.DataFrame({"statistic": STATISTICS, "margin": found, "rows": len(margins)})
    rows, _ = np.histogram(margins, BINS, (edges[0], edges[-1]))
    counts = pd.DataFrame({"statistic": "bin", "margin": (edges[1:] + edges[:-1]) / 2, "rows": rows})
    return pd.concat([summary, counts])


def _distribution(bins: pd.DataFrame) -> go.Figure:
    """Histogram of the margins of train and test rows, as shares of each split; of all rows where the split is unknown."""
    shown = bins[bins["split"] != "all"] if bins["split"].nunique() > 1 else bins
    shares = shown.assign(share=shown["rows"] / shown.groupby("split")["rows"].transform("sum"))
    return bars(shares, x="margin", y="share", color="split", x_title="margin", y_title="share of the split's rows")
