"""Offsets of the wrong answers from the labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, Missing, last, step_title
from mechgrok.measures.shared.by_split import SPLITS, UNKNOWN_SPLIT
from mechgrok.measures.shared.over_training import beside_training
from mechgrok.plots.primitives import bars, curves

if TYPE_CHECKING:
    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class OffsetErrors(InBasis):
    """Number of rows, over each split, whose prediction is the true label plus an offset d = 1 .. p - 1.

    d = (prediction - label) mod p, both as elements of the cyclic group of the basis; prediction = argmax of the number logits; count_d =
    rows with offset d. Guessing gives equal counts; a peak shows a systematic offset, as where labels were shifted by a corruption.
    """

    name: ClassVar[str] = "offset-errors"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Offsets of the wrong answers"
    reference: ClassVar[str] = "defined here; for labels that are wrong on purpose: Doshi et al. 2023 (arXiv 2310.13061)"
    columns: ClassVar[Mapping[str, str]] = {
        "split": "all, train or test rows of the table",
        "offset": "(prediction - label) mod p, from 1 to p - 1",
        "count": "number of rows",
    }

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        import torch

        offsets = (snapshot.predictions - snapshot.grid.labels) % snapshot.p
        counts = {name: torch.bincount(offsets[mask], minlength=snapshot.p)[1:] for name, mask in snapshot.grid.subsets.items()}
        each = [pd.DataFrame({"split": name, "offset": range(1, snapshot.p), "count": found.numpy()}) for name, found in counts.items()]
        return pd.concat(each, ignore_index=True)

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        shown = bars(now[now["split"] == "all"], x="offset", y="count", x_title="offset of the prediction from the label", y_title="rows")
        wrong = result.groupby(["step", "split"], sort=False)["count"].sum().reset_index()
        over = curves(wrong, x="step", y="count", color="split", x_title="step", y_title="wrong rows")
        if not now["count"].any():
            return over.update_layout(title_text=f"{step_title(now)}: no row is wrong")
        return beside_training(result, shown, over)

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        counts = {split: now[now["split"] == split].set_index("offset")["count"] for split in SPLITS}
        wrong = {f"wrong_{split}": UNKNOWN_SPLIT if found.empty else int(found.sum()) for split, found in counts.items()}
        return wrong | _most_frequent(counts["all"])


def _most_frequent(counts: pd.Series) -> Headline:
    """The most frequent offset, and its share of the wrong rows."""
    if not counts.sum():
        return dict.fromkeys(("most_frequent", "share_of_most_frequent"), Missing("no row is wrong"))
    return {"most_frequent": int(counts.index.to_numpy()[counts.argmax()]), "share_of_most_frequent": float(counts.max() / counts.sum())}
