"""AUROC of the detectors of anomalous rows beside that of random sets of clean rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.anomalies.anomaly_detectors import DETECTORS, Detectors
from mechgrok.measures.anomalies.anomaly_rows import SPLITS, AnomalyRows, OnAnomalies
from mechgrok.measures.anomalies.anomaly_scores import AREA, hatched
from mechgrok.measures.base.keyed import key_set
from mechgrok.measures.base.measure import Headline, Missing, last
from mechgrok.plots.primitives import bars, level, panels

if TYPE_CHECKING:
    from mechgrok.runs.snapshot import Snapshot

SHOWN = {"auroc": "anomalous", "null_max": "largest", "null_mean": "mean", "null_min": "smallest"}
WITHOUT = Missing("no row of this split is anomalous, or too few clean rows remain for controls")


@dataclass(frozen=True)
class AnomalyControls(OnAnomalies):
    """AUROC of each detector of anomaly-scores on the anomalous rows, and on random sets of clean rows as controls, on each split.

    A control is a random set of as many values of b, where the second operand determines the anomalous rows, else of as many train rows.
    The anomalous rows are left out, and each detector is fitted again to the trusted rows outside the set. p = (1 + number of controls
    with an AUROC at least as large) / (1 + controls). In a clean run each AUROC should lie within the range of its controls.
    """

    name: ClassVar[str] = "anomaly-controls"
    title: ClassVar[str] = "Detection beside random sets of rows"
    reference: ClassVar[str] = "Davison and Hinkley 1997, Bootstrap Methods and their Application, section 4.2 (Monte Carlo p-value)"
    columns: ClassVar[Mapping[str, str]] = {
        "detector": "name of the score, as in anomaly-scores",
        "split": "train or test rows, without the trusted ones",
        "auroc": "AUROC for the anomalous rows; empty without rows of both kinds",
        "controls": "number of control sets",
        "null_min": "smallest AUROC of the controls",
        "null_mean": "mean AUROC of the controls",
        "null_max": "largest AUROC of the controls",
        "p_value": "(1 + controls with an AUROC at least as large) / (1 + controls)",
    }
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"
    has_null: ClassVar[bool] = False

    controls: Annotated[int, Field(ge=1)] = 300

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        detectors, rows = Detectors(snapshot, key_set(given)), self.rows(snapshot.grid)
        nulls = [_aurocs(detectors, each) for each in rows.controls(self.controls, self.seed)]
        drawn = pd.DataFrame(nulls, columns=pd.MultiIndex.from_product([SPLITS, DETECTORS]), dtype=float)
        found = _aurocs(detectors, rows)
        return pd.DataFrame([_beside_controls(*place, auroc, drawn[place].dropna()) for place, auroc in found.items()])

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        long = now.melt(["detector", "split"], list(SHOWN), var_name="of", value_name="area").replace({"of": SHOWN})
        known = long.dropna() if long["area"].notna().any() else long
        splits = [split for split in SPLITS if split in set(known["split"])]
        parts = [known[known["split"] == split] for split in splits]
        x_title = "anomalous rows, and controls"
        drawn = [hatched(level(bars(part, x="of", y="area", color="detector", x_title=x_title, y_title=AREA), 0.5)) for part in parts]
        return panels(drawn, titles=[f"{split.capitalize()} rows" for split in splits])

    def headline(self, result: pd.DataFrame) -> Headline:
        return {f"found_above_all_controls_{split}": _above_controls(part) for split, part in last(result).groupby("split", sort=False)}


def _aurocs(detectors: Detectors, rows: AnomalyRows) -> dict[tuple[str, str], float]:
    """The AUROC of every detector on every split."""
    from mechgrok.maths.statistics import detection

    scores = {name: detectors.scores(name, rows.trusted) for name in DETECTORS}
    return {
        (split, name): detection.auroc(found[rows.evaluated[split]], rows.anomalous[rows.evaluated[split]])
        for split in SPLITS
        for name, found in scores.items()
    }


def _beside_controls(split: str, detector: str, auroc: float, drawn: pd.Series[float]) -> dict[str, object]:
    p_value = (1 + int((drawn >= auroc).sum())) / (1 + len(drawn)) if pd.notna(auroc) else float("nan")
    spread = {f"null_{name}": getattr(drawn, name)() for name in ("min", "mean", "max")}
    return {"detector": detector, "split": split, "auroc": auroc, "controls": len(drawn), **spread, "p_value": p_value}


def _above_controls(now: pd.DataFrame) -> list[str] | Missing:
    if not (now["auroc"].notna() & (now["controls"] > 0)).any():
        return WITHOUT
    return now.loc[now["auroc"] > now["null_max"], "detector"].tolist()
