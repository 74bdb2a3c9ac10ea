"""How well detectors tell anomalous rows from clean ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.anomalies.anomaly_detectors import DETECTORS, Detectors
from mechgrok.measures.anomalies.anomaly_rows import SPLITS, AnomalyRows, OnAnomalies
from mechgrok.measures.base.keyed import key_set
from mechgrok.measures.base.measure import Headline, Missing, last, step_title
from mechgrok.plots.primitives import bars, curves, level, panels

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

AREA = "AUROC (dashed: chance)"
NOTHING_THERE = Missing("no row of this split is anomalous, or none is clean")


@dataclass(frozen=True)
class AnomalyScores(OnAnomalies):
    """AUROC and average precision (AUPRC) of eight scores that are to be higher for anomalous rows, fitted to trusted clean rows alone.

    AUROC = P(s+ > s-) + P(s+ = s-) / 2 over pairs of an anomalous and a clean row of a split. Anomalous are the trigger rows; poisoned
    train rows where labels were changed at random; in a clean run, where nothing is to be found, the rows with b mod `divisor` = 0.
    A random share `trusted` of the clean train rows is what detectors are fitted to; they are asked about all other rows.
    logit residual: |L[n, :] - mean - g_K(c - phase)|, g_K the key frequencies of the trusted rows' mean profile.
    neuron residual: |N[n, :] - fit| by the degree-2 polynomials of each key frequency, {1, cos, sin}(a) x {1, cos, sin}(b).
    Mahalanobis: sqrt((N - mu)^T (S + .001 tr S / m)^-1 (N - mu)) of the m neurons.
    second operand: |mean_a N(a, b) - fit| by 1, cos and sin of w_k b: what the neurons know of b alone beside the key frequencies.
    embedding: the same distance of W_E[b].
    other frequencies: of the answer's logit, the part that no key frequency of c brings (direct attribution).
    margin: second largest less largest logit. loss: cross-entropy against the label at hand, that of training or, on test rows, the
    truth: a baseline that knows the answers. These last three are fitted to nothing. Only the set of key frequencies is that of all rows.
    Intervals are of a bootstrap (`resamples`) over the values of b, with all of their rows.
    """

    name: ClassVar[str] = "anomaly-scores"
    title: ClassVar[str] = "Detection of anomalous rows"
    reference: ClassVar[str] = (
        "after the announcement of devon-research/grokking, 2024; Lee et al. 2018 (arXiv 1807.03888), Mahalanobis distance"
    )
    cost: ClassVar = "expensive"
    columns: ClassVar[Mapping[str, str]] = {
        "detector": "which score",
        "split": "train or test rows, without those that are trusted",
        "anomalous": "how many rows are to be found",
        "clean": "how many others there are",
        "auroc": "area under the receiver operating characteristic, .5 for a guess; empty without rows of both kinds",
        "auroc_low": "lower end of its 95 % interval",
        "auroc_high": "upper end",
        "auprc": "average precision; a guess has anomalous / (anomalous + clean)",
        "auprc_low": "lower end of its 95 % interval",
        "auprc_high": "upper end",
    }
    has_null: ClassVar[bool] = False
    """Its null is anomaly-controls."""

    resamples: Annotated[int, Field(ge=1)] = 500

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        detectors, rows = Detectors(snapshot, key_set(given)), self.rows(snapshot.grid)
        scores = {name: detectors.scores(name, rows.trusted) for name in DETECTORS}
        return pd.DataFrame([self._of(name, found, rows, split) for split in SPLITS for name, found in scores.items()])

    def _of(self, name: str, scores: Tensor, rows: AnomalyRows, split: str) -> dict[str, object]:
        from mechgrok.maths.statistics import detection

        judged = rows.judged[split]
        positive = rows.anomalous[judged]
        count = int(positive.sum())
        found = detection.detected(scores[judged], positive, rows.b[judged], self.resamples, self.seed)
        return {"detector": name, "split": split, "anomalous": count, "clean": len(positive) - count, **asdict(found)}

    def plot(self, result: pd.DataFrame) -> go.Figure:
        known = result[result["auroc"].notna()]
        shown = known if len(known) else result
        if result["step"].nunique() == 1:
            words: dict[str, Any] = {"low": "auroc_low", "high": "auroc_high", "x_title": "rows", "y_title": AREA}
            now = bars(shown, x="split", y="auroc", color="detector", title=step_title(result), **words)
            return hatched(level(now, 0.5))
        parts = {split: shown[shown["split"] == split] for split in SPLITS if split in set(shown["split"])}
        drawn = [level(curves(part, x="step", y="auroc", color="detector", x_title="step", y_title=AREA), 0.5) for part in parts.values()]
        return panels([each.update_yaxes(range=[0, 1.1]) for each in drawn], titles=[f"{split.capitalize()} rows" for split in parts])

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        names = now["detector"].str.lower().str.replace(" ", "_") + "_" + now["split"]
        return {f"auroc_{name}": _quoted(value) for name, value in zip(names, now["auroc"], strict=True)}


def hatched(figure: go.Figure) -> go.Figure:
    """The same bars, with those of the last detector hatched: there are seven colours, so it has that of the first."""
    return figure.update_traces(marker_pattern_shape="/", selector={"name": DETECTORS[-1]})


def _quoted(value: float) -> float | Missing:
    return NOTHING_THERE if pd.isna(value) else float(value)
