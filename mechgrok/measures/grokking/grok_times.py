"""When a run memorises, and when it generalises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.maths.curves.crossings import first_crossing
from mechgrok.measures.base.measure import Headline
from mechgrok.measures.base.readings import (
    READING,
    OfCurves,
    Quantity,
    curve_of_split,
    headline_number,
    median_interval,
    missing_reason,
    plotted,
    steps_per_epoch,
    thin_for_plot,
    train_test_curves,
)
from mechgrok.plots.primitives import curves, panels

if TYPE_CHECKING:
    from mechgrok.runs.run import Run

Share = Annotated[float, Field(gt=0, le=1)]
LITERATURE = (0.95, 0.99, 0.999)
"""Accuracies that papers take for both splits."""
HALF_WAY = "half-way accuracy"


@dataclass(frozen=True)
class Criterion:
    """A threshold for each split that it says something about."""

    name: str
    quantity: Quantity
    thresholds: Mapping[str, float]

    @classmethod
    def accuracy(cls, train: float, test: float) -> Criterion:
        """Accuracies of at least so much."""
        return cls(f"accuracy {train:g} / {test:g}", "accuracy", {"train": train, "test": test})

    @classmethod
    def loss(cls, below: float) -> Criterion:
        """The same loss for both splits."""
        return cls(f"loss {below:g}", "loss", {"train": below, "test": below})


@dataclass(frozen=True)
class GrokTimes(OfCurves):
    """Steps at which train and test accuracy reach a threshold (by default .99 and .99), each time first and sustained over several
    readings in a row.

    t = first step with accuracy >= threshold (sustained: that and the next n - 1 readings); delay = t_gen - t_mem; ratio = t_gen /
    t_mem. Beside the chosen thresholds those of other papers, a cross-entropy, and Grok50: test accuracy >= (1 + 1/p) / 2, half-way
    from guessing to 1. Known up to the interval between readings; a time that never came is empty, with the step until which it was
    looked for. Steps are optimiser steps; an epoch is as many as show every train row once.
    """

    name: ClassVar[str] = "grok-times"
    title: ClassVar[str] = "Times of memorisation and generalisation"
    reference: ClassVar[str] = "Power et al. 2022 (arXiv 2201.02177), section 3.1; Nanda et al. 2023 (arXiv 2301.05217), section 5.3"
    columns: ClassVar[Mapping[str, str]] = {
        **READING,
        "criterion": "what had to be reached: accuracies of train / test, a loss of both, or half-way accuracy of test",
        "threshold": "accuracy of at least, loss of at most (nats)",
        "holds": "for how many readings in a row it must hold; 1 for the first time",
        "reached": "whether it was",
        "after": "step of the reading before: the true time lies after it",
        "epoch": "the step in passes over the train rows; empty where their number is unknown",
        "delay": "test rows only: steps from the train split's time to this",
        "ratio": "test rows only: this over the train split's time",
        "last_step": "step of the last reading: until when it was looked for",
        "interval": "median of the steps between two readings",
        "why": "why the time is not known",
    }

    train_threshold: Share = 0.99
    test_threshold: Share = 0.99
    sustained: Annotated[int, Field(ge=1)] = 3
    loss_threshold: Annotated[float, Field(gt=0)] = 0.05

    @property
    def chosen(self) -> str:
        """The criterion of the headline."""
        return Criterion.accuracy(self.train_threshold, self.test_threshold).name

    def compute(self, run: Run, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        found = {quantity: train_test_curves(run, given, quantity) for quantity in ("accuracy", "loss")}
        rows = [row for criterion in self._criteria(1 / run.task.numbers) for row in self._rows(run, found[criterion.quantity], criterion)]
        points = [thin_for_plot(curve).assign(criterion=quantity) for quantity, curve in found.items()]
        table = pd.concat([pd.DataFrame(rows), *points], ignore_index=True).reindex(columns=list(self.columns))
        texts = table[["criterion", "source", "why"]].fillna("")
        return table.assign(**texts, reached=table["reached"].eq(True), epoch=table["step"] / steps_per_epoch(run))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        times, loss = _times(result, self.sustained), Criterion.loss(self.loss_threshold).name
        known = {
            "accuracy": {"memorised": _at(times, self.chosen, "train"), "generalised": _at(times, self.chosen, "test")},
            "loss": {f"{split} ≤ {self.loss_threshold:g}": _at(times, loss, split) for split in ("train", "test")},
        }
        figures = [_curves(result, quantity, {name: time["step"] for name, time in marks.items()}) for quantity, marks in known.items()]
        return panels(figures, titles=["Accuracy", "Loss"])

    def headline(self, result: pd.DataFrame) -> Headline:
        sustained, first = _times(result, self.sustained), _times(result, 1)
        loss = Criterion.loss(self.loss_threshold).name
        return {
            **_pair(sustained, self.chosen),
            **{f"{key}_first": value for key, value in _pair(first, self.chosen).items()},
            "train_loss_below": _said(_at(sustained, loss, "train")),
            "test_loss_below": _said(_at(sustained, loss, "test")),
            "grok50": _said(_at(sustained, HALF_WAY, "test")),
            "interval": _interval(_at(sustained, self.chosen, "test")),
        }

    def _criteria(self, chance: float) -> list[Criterion]:
        pairs = dict.fromkeys([(self.train_threshold, self.test_threshold), *((each, each) for each in LITERATURE)])
        half_way = Criterion(HALF_WAY, "accuracy", {"test": (1 + chance) / 2})
        return [*(Criterion.accuracy(*pair) for pair in pairs), Criterion.loss(self.loss_threshold), half_way]

    def _rows(self, run: Run, curve: pd.DataFrame, criterion: Criterion) -> Iterator[dict[str, Any]]:
        gaps = {split: missing_reason(run, curve, split, criterion.quantity) for split in criterion.thresholds}
        for holds in sorted({1, self.sustained}):
            times = {split: _time(curve_of_split(curve, split), criterion, split, holds, gaps[split]) for split in criterion.thresholds}
            for split, time in times.items():
                yield time | (_since(time, times["train"]) if split == "test" and "train" in times else {})


def _time(curve: pd.DataFrame, criterion: Criterion, split: str, holds: int, unknown: str) -> dict[str, Any]:
    """When the curve of one split meets a criterion."""
    threshold, rising = criterion.thresholds[split], criterion.quantity == "accuracy"
    row = {"part": "time", "criterion": criterion.name, "split": split, "threshold": threshold, "holds": holds, "why": unknown}
    if unknown:
        return row
    step = first_crossing(curve["step"].to_numpy(), curve["value"].to_numpy(), threshold, rising=rising, sustained=holds)
    last_step = int(curve["step"].iloc[-1])
    row |= {"reached": step is not None, "last_step": last_step, "interval": median_interval(curve), "source": curve["source"].iloc[0]}
    if step is None:
        return row | {"why": _never(curve, threshold, rising, holds)}
    before = curve.loc[curve["step"] < step, "step"].max()
    row |= {"step": step, "value": curve.loc[curve["step"] == step, "value"].iloc[0], "after": before}
    return row | ({"why": f"it was so at the first reading already, at step {step}"} if pd.isna(before) and step > 0 else {})


def _never(curve: pd.DataFrame, threshold: float, rising: bool, holds: int) -> str:
    """Why a time is not there: it never came, or the readings end before it has held for long enough."""
    values, last_step = curve["value"], int(curve["step"].iloc[-1])
    met = values >= threshold if rising else values <= threshold
    lasting = int(met[::-1].cumprod().sum())
    if lasting:
        return f"it holds at the last {lasting} of the {holds} readings that it takes, and they end at step {last_step}"
    return f"not reached by step {last_step}{f' for {holds} readings in a row' if holds > 1 else ''}"


def _since(test: Mapping[str, Any], train: Mapping[str, Any]) -> dict[str, float]:
    """Delay and ratio, where both times are known."""
    if test["why"] or train["why"]:
        return {}
    return {"delay": test["step"] - train["step"], "ratio": test["step"] / train["step"] if train["step"] else float("nan")}


def _times(result: pd.DataFrame, holds: int) -> pd.DataFrame:
    """The times by criterion and split."""
    return result[(result["part"] == "time") & (result["holds"] == holds)].set_index(["criterion", "split"])


def _pair(times: pd.DataFrame, criterion: str) -> dict[str, Any]:
    train, test = _at(times, criterion, "train"), _at(times, criterion, "test")
    why = next((f"{split}: {time['why']}" for split, time in (("train", train), ("test", test)) if time["why"]), "")
    at_once = "" if why or train["step"] else "train was there at step 0"
    return {
        "memorised": _said(train),
        "generalised": _said(test),
        "delay": headline_number(test["delay"], why),
        "ratio": headline_number(test["ratio"], why or at_once),
    }


def _at(times: pd.DataFrame, criterion: str, split: str) -> dict[str, Any]:
    return {str(name): value for name, value in times.loc[[(criterion, split)]].iloc[0].items()}


def _said(time: Mapping[str, Any]) -> Any:
    return headline_number(time["step"], time["why"])


def _interval(time: Mapping[str, Any]) -> Any:
    return headline_number(time["interval"], time["why"] if pd.isna(time["interval"]) else "")


def _curves(result: pd.DataFrame, quantity: str, marks: Mapping[str, float]) -> go.Figure:
    points, loss = plotted(result), quantity == "loss"
    y_title = "cross-entropy (nats)" if loss else "accuracy"
    points = points[points["criterion"] == quantity]
    return curves(points, x="step", y="value", color="split", marks=marks, log_x=True, log_y=loss, x_title="step", y_title=y_title)
