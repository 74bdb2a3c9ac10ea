"""What the measures of train and test curves share: which readings they look at, and what to say where there are too few."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from mechgrok.measures.base.measure import Measure, Missing, RunMeasure
from mechgrok.measures.grokking.loss import Loss
from mechgrok.measures.shared.by_split import UNKNOWN_SPLIT

if TYPE_CHECKING:
    from mechgrok.runs.run import Run

Quantity = Literal["loss", "accuracy"]
SPLITS = ("train", "test")
READING: Mapping[str, str] = {
    "part": "reading: a point of the curves, thinned for the figure; else what the row tells",
    "split": "train or test rows; all rows where the split is unknown",
    "step": "optimiser step of the reading or of the event; empty where it never came",
    "value": "the reading: accuracy (share of rows) or cross-entropy (nats)",
    "source": "recorded while training, or computed from the checkpoints",
}


@dataclass(frozen=True)
class OfCurves(RunMeasure):
    """A measure of the curves of train and test: recorded while training, else of the checkpoints."""

    of_curves: ClassVar[bool] = True

    @property
    def requires(self) -> Mapping[str, Measure]:
        return {"loss": Loss()}


def train_test_curves(run: Run, given: Mapping[str, pd.DataFrame], quantity: Quantity) -> pd.DataFrame:
    """The curves as columns step, split, value, source: train before test, each ascending in step.

    Those recorded while training where they hold every split that the checkpoints can tell, else those of the checkpoints; all rows
    together only where train and test are unknown.
    """
    recorded = _curve(run.metrics, quantity, "recorded")
    computed = _curve(given["loss"], quantity, "checkpoints")
    enough = len(recorded) and set(recorded["split"]) >= set(computed["split"]) & set(SPLITS)
    found = recorded if enough else computed
    by_split = found[found["split"].isin(SPLITS)]
    return (by_split if len(by_split) else found).reset_index(drop=True)


def _curve(table: pd.DataFrame, quantity: Quantity, source: str) -> pd.DataFrame:
    named = table[["step", "split", quantity]].rename(columns={quantity: "value"}).dropna()
    latest = named.astype({"step": int, "value": float}).drop_duplicates(["step", "split"], keep="last")
    ordered = [latest[latest["split"] == split].sort_values("step") for split in (*SPLITS, "all")]
    return pd.concat(ordered).assign(source=source)


def curve_of_split(curve: pd.DataFrame, split: str) -> pd.DataFrame:
    """The readings of one split."""
    return curve[curve["split"] == split]


def train_beside_test(curve: pd.DataFrame) -> pd.DataFrame:
    """Train and test as columns over the steps, each reading standing until its split's next one; from where both are known."""
    wide = curve.pivot(index="step", columns="split", values="value").reindex(columns=list(SPLITS))
    return wide.ffill().dropna()


def thin_for_plot(curve: pd.DataFrame) -> pd.DataFrame:
    """The rows `part` reading of a table: the curves with few enough points for a figure."""
    from mechgrok.maths.curves.thinning import thinned

    kept = [part.iloc[thinned(part["value"])] for _, part in curve.groupby("split", sort=False)]
    return pd.concat([curve[:0], *kept]).assign(part="reading")


def plotted(result: pd.DataFrame) -> pd.DataFrame:
    """The readings of a table again."""
    return result[result["part"] == "reading"].astype({"step": int})


def median_interval(curve: pd.DataFrame) -> float:
    """Steps between two readings, in the median; NaN for fewer than two."""
    return float(np.median(np.diff(curve["step"]))) if len(curve) > 1 else float("nan")


def steps_per_epoch(run: Run) -> float:
    """Optimiser steps that see the train rows once; NaN where nobody knows how many rows those are."""
    from mechgrok.training.batches import rows_a_step

    if run.config.training.batch == "full":
        return 1.0
    if run.is_train is None:
        return float("nan")
    train = int(run.is_train.sum())
    size = rows_a_step(run.config.training.batch, train)
    return float(max(1, -(-train // size))) if size else 1.0


def missing_reason(run: Run, curve: pd.DataFrame, split: str, quantity: Quantity) -> str:
    """Why a split has no curve to look at; empty where it has."""
    count = len(curve_of_split(curve, split))
    if count > 1:
        return ""
    if count == 1:
        return f"there is only one reading of the {split} {quantity}"
    if run.is_train is None:
        return str(UNKNOWN_SPLIT)
    if not (run.is_train if split == "train" else ~run.is_train).any():
        return f"this run has no {split} rows"
    return f"the {split} {quantity} is known nowhere"


def headline_number(value: Any, why: str) -> Any:
    """A number for a headline, or what is missing."""
    return Missing(why) if why else (int(value) if float(value).is_integer() else float(value))
