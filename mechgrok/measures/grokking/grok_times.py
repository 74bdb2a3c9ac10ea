"""The steps at which a run memorises and generalises."""

from __future__ import annotations

import math
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
from mechgrok.measures.grokking.mirrored_pairs import mirrored_share
from mechgrok.plots.primitives import curves, panels

if TYPE_CHECKING:
    from mechgrok.runs.run import Run

Share = Annotated[float, Field(gt=0, le=1)]
LITERATURE = (0.95, 0.99, 0.999)
"""Accuracy thresholds of other papers, the same for both splits."""
HALF_WAY = "half-way accuracy"
NO_MIRROR_SHARE = "the train split of this run is unknown, so the share of test rows (a, b) whose (b, a) is in train is unknown"


@dataclass(frozen=True)
class Criterion:
    """A threshold of accuracy or loss for each of its splits."""

    name: str
    quantity: Quantity
    thresholds: Mapping[str, float]

    @classmethod
    def accuracy(cls, train: float, test: float) -> Criterion:
        """At least these accuracies."""
        return cls(f"accuracy {train:g} / {test:g}", "accuracy", {"train": train, "test": test})

    def undefined(self, split: str) -> str:
        """Why the threshold of a split does not exist; empty where it does."""
        if math.isnan(self.thresholds[split]):
            return NO_MIRROR_SHARE
        return "the train rows hold every test row with its operands in another order" if self._all_mirrored else ""

    @property
    def _all_mirrored(self) -> bool:
        return self.name == HALF_WAY and self.thresholds["test"] >= 1

    @classmethod
    def loss(cls, below: float) -> Criterion:
        """At most this loss, in nats, on both splits."""
        return cls(f"loss {below:g}", "loss", {"train": below, "test": below})


@dataclass(frozen=True)
class GrokTimes(OfCurves):
    """Optimiser steps at which the train accuracy (memorised) and the test accuracy (generalised) reach their thresholds, .99 by default.

    t = first step with accuracy >= threshold; sustained: at that reading and the next n - 1. delay = t_gen - t_mem; ratio = t_gen /
    t_mem. Variants: the thresholds of other papers, and a cross-entropy. Grok50 is the step at which the test rows without a mirrored
    pair in train are half-way from guessing to 1: test accuracy >= m + (1 - m) (1 + 1/p) / 2, m = share of the test rows (a, b) whose
    (b, a) is in train with the same label (0 where the order of the operands matters); these are given away to a network that
    memorises and treats a and b alike. Times are exact up to the interval between readings. A time that was not reached is empty, with
    the step of the last reading. An epoch is the number of steps in which each train row is used once.
    """

    name: ClassVar[str] = "grok-times"
    title: ClassVar[str] = "Times of memorisation and generalisation"
    reference: ClassVar[str] = "Power et al. 2022 (arXiv 2201.02177), section 3.1; Nanda et al. 2023 (arXiv 2301.05217), section 5.3"
    columns: ClassVar[Mapping[str, str]] = {
        **READING,
        "criterion": "accuracies of train / test, a cross-entropy of both, or half-way accuracy of test rows not mirrored in train",
        "threshold": "least accuracy (share of rows), or greatest loss (nats)",
        "holds": "number of successive readings at which it must hold; 1 for the first time",
        "reached": "whether the criterion was met",
        "after": "step of the reading before, a lower bound of the time",
        "epoch": "the step, in passes over the train rows; empty where their number is unknown",
        "delay": "test rows only: steps after the time of the train rows",
        "ratio": "test rows only: time of the test rows / time of the train rows",
        "last_step": "step of the last reading",
        "interval": "median number of steps between two readings",
        "why": "the reason where the time is empty",
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
        mirrored = mirrored_share(run)
        halfway = mirrored + (1 - mirrored) * (1 + 1 / run.task.numbers) / 2 if not math.isnan(mirrored) else mirrored
        criteria = self._criteria(halfway)
        rows = [row for criterion in criteria for row in self._rows(run, found[criterion.quantity], criterion)]
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
            "train_loss_below": _step(_at(sustained, loss, "train")),
            "test_loss_below": _step(_at(sustained, loss, "test")),
            "grok50": _step(_at(sustained, HALF_WAY, "test")),
            "interval": _interval(_at(sustained, self.chosen, "test")),
        }

    def _criteria(self, half_way: float) -> list[Criterion]:
        pairs = dict.fromkeys([(self.train_threshold, self.test_threshold), *((each, each) for each in LITERATURE)])
        accuracies = [Criterion.accuracy(*pair) for pair in pairs]
        return [*accuracies, Criterion.loss(self.loss_threshold), Criterion(HALF_WAY, "accuracy", {"test": half_way})]

    def _rows(self, run: Run, curve: pd.DataFrame, criterion: Criterion) -> Iterator[dict[str, Any]]:
        reasons = {
            split: missing_reason(run, curve, split, criterion.quantity) or criterion.undefined(split) for split in criterion.thresholds
        }
        for holds in sorted({1, self.sustained}):
            times = {split: _time(curve_of_split(curve, split), criterion, split, holds, reasons[split]) for split in criterion.thresholds}
            for split, time in times.items():
                yield time | (_delay(time, times["train"]) if split == "test" and "train" in times else {})


def _time(curve: pd.DataFrame, criterion: Criterion, split: str, holds: int, unknown: str) -> dict[str, Any]:
    """The row of the step at which the curve of one split meets a criterion."""
    threshold, rising = criterion.thresholds[split], criterion.quantity == "accuracy"
    row = {"part": "time", "criterion": criterion.name, "split": split, "threshold": threshold, "holds": holds, "why": unknown}
    if unknown:
        return row
    step = first_crossing(curve["step"].to_numpy(), curve["value"].to_numpy(), threshold, rising=rising, sustained=holds)
    last_step = int(curve["step"].iloc[-1])
    row |= {"reached": step is not None, "last_step": last_step, "interval": median_interval(curve), "source": curve["source"].iloc[0]}
    if step is None:
        return row | {"why": _not_reached(curve, threshold, rising, holds)}
    before = curve.loc[curve["step"] < step, "step"].max()
    row |= {"step": step, "value": curve.loc[curve["step"] == step, "value"].iloc[0], "after": before}
    return row | ({"why": f"the criterion is met at the first reading already, at step {step}"} if pd.isna(before) and step > 0 else {})


def _not_reached(curve: pd.DataFrame, threshold: float, rising: bool, holds: int) -> str:
    """Why a time is empty: the criterion was not met, or not for enough readings before the last one."""
    values, last_step = curve["value"], int(curve["step"].iloc[-1])
    met = values >= threshold if rising else values <= threshold
    lasting = int(met[::-1].cumprod().sum())
    if lasting:
        return f"the criterion is met at the last {lasting} readings, of {holds} that it must hold for, and they end at step {last_step}"
    return f"not reached by step {last_step}{f' for {holds} readings in a row' if holds > 1 else ''}"


def _delay(test: Mapping[str, Any], train: Mapping[str, Any]) -> dict[str, float]:
    """Delay and ratio of two times; empty where one is missing."""
    if test["why"] or train["why"]:
        return {}
    return {"delay": test["step"] - train["step"], "ratio": test["step"] / train["step"] if train["step"] else float("nan")}


def _times(result: pd.DataFrame, holds: int) -> pd.DataFrame:
    """The times by criterion and split."""
    return result[(result["part"] == "time") & (result["holds"] == holds)].set_index(["criterion", "split"])


def _pair(times: pd.DataFrame, criterion: str) -> dict[str, Any]:
    train, test = _at(times, criterion, "train"), _at(times, criterion, "test")
    why = next((f"{split}: {time['why']}" for split, time in (("train", train), ("test", test)) if time["why"]), "")
    at_once = "" if why or train["step"] else "the train rows meet the criterion at step 0"
    return {
        "memorised": _step(train),
        "generalised": _step(test),
        "delay": headline_number(test["delay"], why),
        "ratio": headline_number(test["ratio"], why or at_once),
    }


def _at(times: pd.DataFrame, criterion: str, split: str) -> dict[str, Any]:
    return {str(name): value for name, value in times.loc[[(criterion, split)]].iloc[0].items()}


def _step(time: Mapping[str, Any]) -> Any:
    return headline_number(time["step"], time["why"])


def _interval(time: Mapping[str, Any]) -> Any:
    return headline_number(time["interval"], time["why"] if pd.isna(time["interval"]) else "")


def _curves(result: pd.DataFrame, quantity: str, marks: Mapping[str, float]) -> go.Figure:
    points, loss = plotted(result), quantity == "loss"
    y_title = "cross-entropy (nats)" if loss else "accuracy"
    points = points[points["criterion"] == quantity]
    return curves(points, x="step", y="value", color="split", marks=marks, log_x=True, log_y=loss, x_title="step", y_title=y_title)
