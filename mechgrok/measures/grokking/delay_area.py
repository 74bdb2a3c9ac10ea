"""Area between the train and the test accuracy over training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.measure import Headline
from mechgrok.measures.base.readings import (
    READING,
    OfCurves,
    headline_number,
    missing_reason,
    plotted,
    thin_for_plot,
    train_beside_test,
    train_test_curves,
)
from mechgrok.plots.primitives import curves

if TYPE_CHECKING:
    from mechgrok.runs.run import Run

FORMS = ("whole", "less the final gap")


@dataclass(frozen=True)
class DelayArea(OfCurves):
    """Area, in optimiser steps, between the best train accuracy so far and the best test accuracy so far.

    area = sum_t max(0, g_t), g_t = best train accuracy up to step t - best test accuracy up to step t. Variant less_final_gap = sum_t
    max(0, g_t - g_end), which no longer grows once the gap is constant. The sum runs over optimiser steps: between two readings g_t is
    that of the earlier one, so the area does not depend on how often the run was evaluated. A test accuracy that jumps from 0 to 1 n
    steps after the train accuracy has area n.
    """

    name: ClassVar[str] = "delay-area"
    title: ClassVar[str] = "Area of the generalisation delay"
    reference: ClassVar[str] = "Zhong et al. 2023 (arXiv 2306.17844), training code (generalization_delay1 and 2)"
    columns: ClassVar[Mapping[str, str]] = {
        **READING,
        "value": "best accuracy so far (share of rows) for a reading; the area (steps) for an area",
        "form": "whole: g_t; less the final gap: g_t - g_end",
        "final_gap": "g_end, best train accuracy - best test accuracy at the last reading",
        "why": "the reason where the area is missing",
    }

    def compute(self, run: Run, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        curve = train_test_curves(run, given, "accuracy")
        why = missing_reason(run, curve, "train", "accuracy") or missing_reason(run, curve, "test", "accuracy")
        best = curve.assign(value=curve.groupby("split")["value"].cummax())
        areas = pd.DataFrame({"part": "area", "form": FORMS, "why": why})
        if not why:
            wide = train_beside_test(best)
            areas = _areas(wide["train"] - wide["test"]).assign(part="area", why="")
        table = pd.concat([areas, thin_for_plot(best)], ignore_index=True).reindex(columns=list(self.columns))
        return table.assign(**table[["split", "source", "form", "why"]].fillna(""))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        y_title = "best accuracy so far"
        return curves(plotted(result), x="step", y="value", color="split", x_title="step", y_title=y_title)

    def headline(self, result: pd.DataFrame) -> Headline:
        areas = result[result["part"] == "area"]
        why, values, final = str(areas["why"].iloc[0]), dict(zip(areas["form"], areas["value"], strict=True)), areas["final_gap"].iloc[0]
        return {
            "area": headline_number(values["whole"], why),
            "area_less_final_gap": headline_number(values["less the final gap"], why),
            "final_gap": headline_number(final, why),
        }


def _areas(gaps: pd.Series[float]) -> pd.DataFrame:
    """The two forms of the area, from the gap at the step of each reading."""
    steps, heights, final = np.diff(gaps.index), gaps.to_numpy()[:-1], float(gaps.iloc[-1])
    areas = [float(steps @ np.maximum(heights - level, 0)) for level in (0, final)]
    return pd.DataFrame({"form": FORMS, "value": areas, "final_gap": final, "step": gaps.index[-1]})
