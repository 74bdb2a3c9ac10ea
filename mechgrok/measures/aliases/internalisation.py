"""Weak and strong internalisation of definitions by their tag."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from mechgrok.maths.statistics.clusters import difference_interval, share_interval
from mechgrok.measures.aliases.alias_accuracy import HELD_OUT, NO_ALIASES, AliasAccuracy
from mechgrok.measures.base.measure import Headline, Measure, Missing, RunMeasure
from mechgrok.plots.primitives import curves, panels, trajectory_bands
from mechgrok.tasks.alias_tables.alias_rows import dealt
from mechgrok.tasks.alias_tables.alias_sets import SETS
from mechgrok.tasks.aliases import Aliases
from mechgrok.training.staged_batches import stage

if TYPE_CHECKING:
    from mechgrok.runs.run import Run

GAPS = {"weak": ("DtQ1", "DfQ2", 1), "strong": ("Dt3", "Df4", 2)}
"""The reliable and the unreliable set of each gap, and the stage in which they are compared."""
FEW = 10
"""The fewest aliases of a set for an interval."""


@dataclass(frozen=True)
class Internalisation(RunMeasure):
    """Gap in accuracy on held-out questions between a set with a reliable tag and one with an unreliable tag.

    gap = acc(reliable) - acc(unreliable). Weak internalisation: DtQ1 and DfQ2 in the first stage; strong: Dt3 and Df4 in the second. 95 %
    intervals: Wilson's, with errors clustered by alias, for an accuracy; Newcombe's, from those of the two sets, for a gap; they lie within
    [0, 1] and [-1, 1]. Headline: means of the gap and of the ends of its interval over the checkpoints of the stage after the share `skip`
    of its length; the width is an upper bound, since the questions are the same at each checkpoint. A gap of a set with fewer than ten
    aliases has no interval, as so few clusters are often all right or all wrong. learned = mean accuracy of both weak sets in the first
    stage.
    """

    skip: float = 0.5

    name: ClassVar[str] = "internalisation"
    title: ClassVar[str] = "Weak and strong internalisation"
    reference: ClassVar[str] = "Krasheninnikov et al. 2023 (arXiv 2310.15047), sections 2 and 3; aisc_oocl_mod_experiments"
    columns: ClassVar[Mapping[str, str]] = {
        "what": "accuracy: of the held-out questions of a set; gap: difference of two sets",
        "name": "the set, or weak or strong",
        "step": "optimiser step",
        "stage": "stage of the last update: 1 or 2; 0 before the first update",
        "counts": "whether the checkpoint enters the headline",
        "value": "accuracy, or difference of accuracies",
        "low": "lower end of the 95 % interval; empty for a gap of too few aliases",
        "high": "upper end of the 95 % interval",
    }

    @property
    def requires(self) -> Mapping[str, Measure]:
        return {"accuracy": AliasAccuracy()}

    def obstacle(self, run: Run) -> str | None:
        if not isinstance(run.task, Aliases):
            return NO_ALIASES
        compared = [pair for *pair, _ in GAPS.values() if set(pair) <= set(run.task.sets)]
        return None if compared else "the task has neither DtQ1 and DfQ2 nor Dt3 and Df4"

    def compute(self, run: Run, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        found = given["accuracy"]
        held_out = found[(found["rows_are"] == HELD_OUT) & (found["part"] != "original")]
        sizes: dict[str, int] = {name: len(integers) for name, integers in dealt(run.task).items()}  # type: ignore[arg-type]
        low, high = share_interval(held_out["accuracy"], held_out["error"], held_out["part"].map(sizes))
        sets = held_out.assign(what="accuracy", name=held_out["part"], value=held_out["accuracy"], low=low, high=high)
        table = pd.concat([sets, *(_gap_at_each_step(sets, name, *pair) for name, (*pair, _) in GAPS.items())], ignore_index=True)
        uncertain = (table["what"] == "gap") & table["name"].isin(_gaps_of_small_sets(sizes))
        table[["low", "high"]] = table[["low", "high"]].mask(uncertain)
        switch, end = run.config.training.switch_at, run.config.training.steps
        table["stage"] = [stage(step - 1, switch) + 1 if step else 0 for step in table["step"]]
        table["counts"] = _counts(table, [0, *switch, end], self.skip)
        return table[list(self.columns)]

    def plot(self, result: pd.DataFrame) -> go.Figure:
        sets, gaps = (result[result["what"] == what] for what in ("accuracy", "gap"))
        first = result[result["stage"] == 1]["step"]
        marks = {"second stage": float(first.max())} if len(first) and (result["stage"] == 2).any() else {}
        left = curves(sets, x="step", y="value", color="name", marks=marks, x_title="step", y_title="accuracy, held-out questions")
        right = trajectory_bands(
            gaps, x="step", y="value", low="low", high="high", color="name", marks=marks, x_title="step", y_title="gap in accuracy"
        )
        return panels([left, right], titles=["Held-out questions of each set", "Reliable less unreliable, 95 % interval"])

    def headline(self, result: pd.DataFrame) -> Headline:
        numbers: Headline = {"learned": _learned(result)}
        for name, (reliable, unreliable, _) in GAPS.items():
            numbers[f"{name}_gap"] = _headline_mean(result, "gap", name)
            numbers |= {f"{name}_{end}": _headline_mean(result, "gap", name, end) for end in ("low", "high")}
            numbers |= {f"accuracy_{each}": _headline_mean(result, "accuracy", each) for each in (reliable, unreliable)}
        others = [each for each in SETS if each in set(result["name"]) and f"accuracy_{each}" not in numbers]
        return numbers | {f"accuracy_{each}": _headline_mean(result, "accuracy", each) for each in others}


def _gaps_of_small_sets(sizes: Mapping[str, int]) -> list[str]:
    """The gaps of which a set has too few aliases."""
    return [name for name, (*pair, _) in GAPS.items() if min(sizes.get(each, 0) for each in pair) < FEW]


def _gap_at_each_step(sets: pd.DataFrame, name: str, reliable: str, unreliable: str) -> pd.DataFrame:
    """The difference of two sets at every step with both."""
    one, other = (sets[sets["name"] == each].set_index("step") for each in (reliable, unreliable))
    both = one.join(other, how="inner", rsuffix="_other")
    intervals = [(both[f"low{end}"].to_numpy(), both[f"high{end}"].to_numpy()) for end in ("", "_other")]
    low, high = difference_interval(both["value"], intervals[0], both["value_other"], intervals[1])
    value = both["value"] - both["value_other"]
    return pd.DataFrame({"what": "gap", "name": name, "value": value, "low": low, "high": high}).reset_index()


def _counts(table: pd.DataFrame, ends: list[int], skip: float) -> list[bool]:
    """Whether each row enters the headline: its checkpoint is late enough in the stage of its set or gap."""
    begins = {number: first + skip * (last - first) for number, (first, last) in enumerate(pairwise(ends), 1)}
    of_stage = {gap: number for gap, (*_, number) in GAPS.items()} | {name: kind.stage + 1 for name, kind in SETS.items()}
    return [
        number > 0 and number == of_stage[name] and step >= begins[number]
        for name, number, step in zip(table["name"], table["stage"], table["step"], strict=True)
    ]


def _headline_mean(result: pd.DataFrame, what: str, name: str, column: str = "value") -> float | Missing:
    """The mean of a column over the checkpoints that enter the headline."""
    rows = result[(result["what"] == what) & (result["name"] == name)]
    if rows.empty:
        return Missing(f"the task lacks a set of {name}")
    rows = rows[rows["counts"]]
    if rows.empty:
        return Missing(f"{name}: the run has no checkpoint late enough in its stage")
    mean = float(rows[column].mean())
    return mean if mean == mean or column == "value" else Missing(f"a set has fewer than {FEW} aliases, too few for an interval")


def _learned(result: pd.DataFrame) -> float | Missing:
    values = [_headline_mean(result, "accuracy", name) for name in GAPS["weak"][:2]]
    known = [value for value in values if not isinstance(value, Missing)]
    return float(np.mean(known)) if len(known) == len(values) else next(value for value in values if isinstance(value, Missing))
