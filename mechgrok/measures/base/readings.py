"""Base class and helpers of the measures of train and test curves, recorded while training or computed from checkpoints."""

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
    "part": "reading: a point of the curves, thinned for the figure; else the kind of the row",
    "split": "train or test rows; all rows where the split is unknown",
    "step": "optimiser step of the reading or of the event; empty where the event did not occur",
    "value": "the reading: accuracy (share of rows) or cross-entropy (nats)",
    "source": "recorded while training, or computed from the checkpoints",
}


@dataclass(frozen=True)
class OfCurves(RunMeasure):
    """Base class of measures of the train and test curves, recorded while training, else computed from the checkpoints.

    It applies to runs that were imported from curves alone. `compute` passes its `given` to `train_test_curves`.

    Examples
    --------
    >>> from mechgrok.measures.grokking.grok_times import GrokTimes
    >>> GrokTimes().requires["loss"].label
    'loss'
    """

    of_curves: ClassVar[bool] = True

    @property
    def requires(self) -> Mapping[str, Measure]:
        return {"loss": Loss()}


def train_test_curves(run: Run, given: Mapping[str, pd.DataFrame], quantity: Quantity) -> pd.DataFrame:
    """The curves of a run: those recorded while training where they have every split of the checkpoints' curves, else the latter.

    Parameters
    ----------
    run : Run
    given : mapping of str to DataFrame
        The tables of the required measures; the curves of the checkpoints are those of `loss`.
    quantity : {"loss", "accuracy"}

    Returns
    -------
    DataFrame
        Columns step, split (train, then test; all where the split is unknown), value (nats, or share of rows) and source (recorded
        or checkpoints); ascending in step within a split.

    Examples
    --------
    >>> from mechgrok.measures.base.readings import train_test_curves
    >>> loss = pd.DataFrame({"step": [0, 0], "split": ["train", "test"], "loss": [2.4, 2.5], "accuracy": [0.1, 0.0]})
    >>> train_test_curves(run, {"loss": loss}, "loss")["value"].tolist()
    [2.4, 2.5]
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
    """The readings of one split.

    Parameters
    ----------
    curve : DataFrame
        As `train_test_curves` returns.
    split : {"train", "test", "all"}

    Returns
    -------
    DataFrame

    Examples
    --------
    >>> from mechgrok.measures.base.readings import curve_of_split
    >>> curve_of_split(pd.DataFrame({"step": [0, 0], "split": ["train", "test"], "value": [1.0, 0.5]}), "test")["value"].tolist()
    [0.5]
    """
    return curve[curve["split"] == split]


def train_beside_test(curve: pd.DataFrame) -> pd.DataFrame:
    """Train and test as columns over the steps; a split without a reading at a step has its latest one.

    Parameters
    ----------
    curve : DataFrame
        As `train_test_curves` returns.

    Returns
    -------
    DataFrame
        Columns train and test, from the first step at which both have a reading.

    Examples
    --------
    >>> from mechgrok.measures.base.readings import train_beside_test
    >>> splits = ["train", "train", "test"]
    >>> train_beside_test(pd.DataFrame({"step": [0, 10, 5], "split": splits, "value": [0.1, 1.0, 0.2]})).loc[10].tolist()
    [1.0, 0.2]
    """
    wide = curve.pivot(index="step", columns="split", values="value").reindex(columns=list(SPLITS))
    return wide.ffill().dropna()


def thin_for_plot(curve: pd.DataFrame) -> pd.DataFrame:
    """The curves with few enough points for a figure, as rows of a measure's table with part = reading.

    Parameters
    ----------
    curve : DataFrame
        As `train_test_curves` returns.

    Returns
    -------
    DataFrame
        The rows of `curve` that are kept, with the column part.

    Examples
    --------
    >>> from mechgrok.measures.base.readings import thin_for_plot
    >>> curve = pd.DataFrame({"step": range(10_000), "split": "train", "value": 0.0})
    >>> len(thin_for_plot(curve)) < 5000
    True
    """
    from mechgrok.maths.curves.thinning import thinned

    kept = [part.iloc[thinned(part["value"])] for _, part in curve.groupby("split", sort=False)]
    return pd.concat([curve[:0], *kept]).assign(part="reading")


def plotted(result: pd.DataFrame) -> pd.DataFrame:
    """The readings that `thin_for_plot` put into a measure's table.

    Parameters
    ----------
    result : DataFrame
        The table of a measure, with the columns part and step.

    Returns
    -------
    DataFrame
        The rows with part = reading; step as integers.

    Examples
    --------
    >>> from mechgrok.measures.base.readings import plotted
    >>> plotted(pd.DataFrame({"part": ["time", "reading"], "step": [30.0, 20.0]}))["step"].tolist()
    [20]
    """
    return result[result["part"] == "reading"].astype({"step": int})


def median_interval(curve: pd.DataFrame) -> float:
    """Median number of steps between two readings.

    Parameters
    ----------
    curve : DataFrame
        The readings of one split.

    Returns
    -------
    float
        NaN for fewer than two readings.

    Examples
    --------
    >>> from mechgrok.measures.base.readings import median_interval
    >>> median_interval(pd.DataFrame({"step": [0, 10, 20, 50]}))
    10.0
    """
    return float(np.median(np.diff(curve["step"]))) if len(curve) > 1 else float("nan")


def steps_per_epoch(run: Run) -> float:
    """Number of optimiser steps in which each train row is used once.

    Parameters
    ----------
    run : Run

    Returns
    -------
    float
        1 for full batches; NaN where the number of train rows is unknown.

    Examples
    --------
    >>> from mechgrok.measures.base.readings import steps_per_epoch
    >>> steps_per_epoch(run)
    1.0
    """
    from mechgrok.training.batches import rows_a_step

    if run.config.training.batch == "full":
        return 1.0
    if run.is_train is None:
        return float("nan")
    train = int(run.is_train.sum())
    size = rows_a_step(run.config.training.batch, train)
    return float(max(1, -(-train // size))) if size else 1.0


def missing_reason(run: Run, curve: pd.DataFrame, split: str, quantity: Quantity) -> str:
    """Why a split has no curve of two readings or more.

    Parameters
    ----------
    run : Run
    curve : DataFrame
        As `train_test_curves` returns.
    split : {"train", "test"}
    quantity : {"loss", "accuracy"}

    Returns
    -------
    str
        Empty where the split has a curve.

    Examples
    --------
    >>> from mechgrok.measures.base.readings import missing_reason
    >>> missing_reason(run, pd.DataFrame({"step": [0], "split": ["test"], "value": [0.1]}), "test", "accuracy")
    'the run has only one reading of the test accuracy'
    """
    count = len(curve_of_split(curve, split))
    if count > 1:
        return ""
    if count == 1:
        return f"the run has only one reading of the {split} {quantity}"
    if run.is_train is None:
        return str(UNKNOWN_SPLIT)
    if not (run.is_train if split == "train" else ~run.is_train).any():
        return f"this run has no {split} rows"
    return f"the {split} {quantity} was not recorded"


def headline_number(value: Any, why: str) -> Any:
    """A number of a headline, or the reason why it is missing.

    Parameters
    ----------
    value : number
    why : str
        The reason; empty where the number exists.

    Returns
    -------
    int, float or Missing
        An integer where the value is one.

    Examples
    --------
    >>> from mechgrok.measures.base.readings import headline_number
    >>> headline_number(30.0, ""), headline_number(float("nan"), "not reached by step 20")
    (30, 'not reached by step 20')
    """
    return Missing(why) if why else (int(value) if float(value).is_integer() else float(value))
