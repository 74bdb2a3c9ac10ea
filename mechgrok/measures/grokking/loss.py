"""Loss and accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.measure import Headline, Measure
from mechgrok.measures.shared.by_split import headline_by_split, mean_by_split_of_labels
from mechgrok.plots.primitives import curves, panels

if TYPE_CHECKING:
    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class Loss(Measure):
    """Mean cross-entropy (nats) and accuracy (share of rows) over all, train and test rows.

    loss = mean over rows of log sum_c exp L[n, c] - L[n, label], over the number classes c ('=' dropped), in float64; accuracy = share
    of rows whose largest logit is the label's. In a run with corrupted labels, train rows have the labels they were trained with, as in
    the recorded metrics; all and test rows have the true labels (see `corrupted-loss`).
    """

    name: ClassVar[str] = "loss"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Loss and accuracy"
    reference: ClassVar[str] = "Power et al. 2022 (arXiv 2201.02177), section 3; Nanda et al. 2023 (arXiv 2301.05217), section 3"
    columns: ClassVar[Mapping[str, str]] = {
        "split": "train: train rows with the labels they were trained with; all, test: rows of the table with the true labels",
        "rows": "number of rows",
        "loss": "mean cross-entropy, nats; empty without rows",
        "accuracy": "share of rows whose largest logit is the label's; empty without rows",
    }

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        right = mean_by_split_of_labels(snapshot.grid, lambda labels: (snapshot.predictions == labels).double())
        return mean_by_split_of_labels(snapshot.grid, snapshot.losses_against).assign(accuracy=right["loss"])

    def plot(self, result: pd.DataFrame) -> go.Figure:
        loss = curves(result, x="step", y="loss", color="split", log_y=True, x_title="step", y_title="cross-entropy (nats)")
        accuracy = curves(result, x="step", y="accuracy", color="split", x_title="step", y_title="accuracy")
        return panels([loss, accuracy], titles=["Loss", "Accuracy"])

    def headline(self, result: pd.DataFrame) -> Headline:
        loss, accuracy = headline_by_split(result, "loss"), headline_by_split(result, "accuracy")
        return loss | {f"accuracy_{split}": value for split, value in accuracy.items()}
