"""Detection of anomalous rows by scores of the network."""

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
NO_BOTH_KINDS = Missing("no row of this split is anomalous, or none is clean")


@dataclass(frozen=True)
class AnomalyScores(OnAnomalies):
    """AUROC and average precision (AUPRC) of eight scores as detectors of anomalous rows, on the train and test rows.

    AUROC = P(s+ > s-) + P(s+ = s-) / 2 over pairs of an anomalous and a clean row of a split. Anomalous rows: triggers; poisoned train
    rows where labels were changed at random; in a clean run, as a negative control, the rows with b mod `divisor` = 0. Detectors are
    fitted to a random share `trusted` of the clean train rows, and evaluated on all other rows.
    logit residual: |L[n, :] - mean - g_K(c - phase)|, g_K the key frequencies of the mean profile of the trusted rows.
    neuron residual: |N[n, :] - fit| by the degree-2 polynomials of each key frequency, {1, cos, sin}(a) x {1, cos, sin}(b).
    Mahalanobis: sqrt((N - mu)^T (S + .001 tr S / m)^-1 (N - mu)) of the m neurons.
    second operand: |mean_a N(a, b) - fit|, fit by 1, cos and sin w_k b: dependence of the neurons on b alone beyond the key frequencies.
    embedding: |W_E[b] - fit|, with the same fit.
    other frequencies: the part of the largest logit on frequencies of c that are not key (direct attribution).
    margin: second largest - largest logit. loss: cross-entropy with the trained label, on test rows the true label; a baseline that uses
    the labels. The last three are not fitted. The key frequencies are computed from all rows.
    95 % intervals: bootstrap (`resamples`) over the values of b, each with all its rows.
    """

    name: ClassVar[str] = "anomaly-scores"
    title: ClassVar[str] = "Detection of anomalous rows"
    reference: ClassVar[str] = (
        "after the announcement of devon-research/grokking, 2024; Lee et al. 2018 (arXiv 1807.03888), Mahalanobis distance"
    )
    cost: ClassVar = "expensive"
    columns: ClassVar[Mapping[str, str]] = {
        "detector": "name of the score",
        "split": "train or test rows, without the trusted ones",
        "anomalous": "number of anomalous rows",
        "clean": "number of other rows",
        "auroc": "area under the receiver operating characteristic, .5 for chance; empty without rows of both kinds",
        "auroc_low": "lower end of the 95 % interval of the AUROC",
        "auroc_high": "upper end of the 95 % interval of the AUROC",
        "auprc": "average precision; anomalous / (anomalous + clean) for chance",
        "auprc_low": "lower end of the 95 % interval of the AUPRC",
        "auprc_high": "upper end of the 95 % interval of the AUPRC",
    }
    has_null: ClassVar[bool] = False
    """Its null distribution is anomaly-controls."""

    resamples: Annotated[int, Field(ge=1)] = 500

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        detectors, rows = Detectors(snapshot, key_set(given)), self.rows(snapshot.grid)
        scores = {name: detectors.scores(name, rows.trusted) for name in DETECTORS}
        return pd.DataFrame([self._row(name, found, rows, split) for split in SPLITS for name, found in scores.items()])

    def _row(self, name: str, scores: Tensor, rows: AnomalyRows, split: str) -> dict[str, object]:
        from mechgrok.maths.statistics import detection

        evaluated = rows.evaluated[split]
        positive = rows.anomalous[evaluated]
        count = int(positive.sum())
        found = detection.detected(scores[evaluated], positive, rows.b[evaluated], self.resamples, self.seed)
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
        return {f"auroc_{name}": _number_or_reason(value) for name, value in zip(names, now["auroc"], strict=True)}


def hatched(figure: go.Figure) -> go.Figure:
    """The figure with the bars of the last detector hatched, which has the colour of the first: the palette has seven."""
    return figure.update_traces(marker_pattern_shape="/", selector={"name": DETECTORS[-1]})


def _number_or_reason(value: float) -> float | Missing:
    return NO_BOTH_KINDS if pd.isna(value) else float(value)
