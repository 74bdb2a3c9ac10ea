"""Whether definitions with a reliable tag are taken in better than those with an unreliable one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.aliases.alias_accuracy import HELD_OUT, NO_ALIASES, AliasAccuracy
from mechgrok.measures.aliases.differences import WIDTH
from mechgrok.measures.base.measure import Headline, Measure, Missing, RunMeasure
from mechgrok.plots.primitives import curves, panels, trajectory_bands
from mechgrok.tasks.alias_rows import dealt
from mechgrok.tasks.alias_sets import SETS
from mechgrok.tasks.aliases import Aliases
from mechgrok.training.stages import stage

if TYPE_CHECKING:
    from mechgrok.runs.run import Run

GAPS = {"weak": ("DtQ1", "DfQ2", 1), "strong": ("Dt3", "Df4", 2)}
"""The sets that are compared, and the stage in which they are."""
FEW = 10
"""Aliases of which a set needs as many for an interval."""


@dataclass(frozen=True)
class Internalisation(RunMeasure):
    """Weak internalisation: held-out questions on DtQ1 less those on DfQ2 in the first stage; strong: on Dt3 less on Df4 in the second.

    gap = acc(reliable) - acc(unreliable), error = sqrt(error_1^2 + error_2^2), clustered by alias, interval = gap -+ 1.96 error. A stage
    counts from `skip` of its length on, and quotes the mean over its checkpoints there, with the mean of their errors: since the same
    questions are asked at each, that is an upper bound. A gap of sets with fewer than ten aliases has no error: so few clusters, often all
    right or all wrong, would give intervals that are too narrow. learned = the mean accuracy of both sets in the first stage.
    """

    skip: float = 0.5

    name: ClassVar[str] = "internalisation"
    title: ClassVar[str] = "Weak and strong internalisation"
    reference: ClassVar[str] = "Krasheninnikov et al. 2023 (arXiv 2310.15047), sections 2 and 3; aisc_oocl_mod_experiments"
    columns: ClassVar[Mapping[str, str]] = {
        "what": "accuracy of held-out questions of a set, or a gap",
        "name": "the set, or weak or strong",
        "step": "optimiser step",
        "stage": "the stage that the last update was of: 1 or 2; 0 before the first",
        "counts": "whether the checkpoint is among those that are quoted",
        "value": "accuracy, or its difference",
        "error": "standard error, clustered by alias; empty for a gap of too few aliases",
    }

    @property
    def requires(self) -> Mapping[str, Measure]:
        return {"accuracy": AliasAccuracy()}

    def obstacle(self, run: Run) -> str | None:
        if not isinstance(run.task, Aliases):
            return NO_ALIASES
        there = [pair for *pair, _ in GAPS.values() if set(pair) <= set(run.task.sets)]
        return None if there else "the task has neither DtQ1 and DfQ2 nor Dt3 and Df4 to compare"

    def compute(self, run: Run, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        found = given["accuracy"]
        held_out = found[(found["rows_are"] == HELD_OUT) & (found["part"] != "original")]
        sets = held_out.rename(columns={"part": "name", "accuracy": "value"})[["name", "step", "value", "error"]].assign(what="accuracy")
        table = pd.concat([sets, *(_gap(sets, name, *pair) for name, (*pair, _) in GAPS.items())], ignore_index=True)
        uncertain = (table["what"] == "gap") & table["name"].isin(_small(run.task))  # type: ignore[arg-type]
        table["error"] = table["error"].mask(uncertain)
        switch, end = run.config.training.switch_at, run.config.training.steps
        table["stage"] = [stage(step - 1, switch) + 1 if step else 0 for step in table["step"]]
        table["counts"] = _counts(table, [0, *switch, end], self.skip)
        return table[list(self.columns)]

    def plot(self, result: pd.DataFrame) -> go.Figure:
        sets, gaps = (result[result["what"] == what] for what in ("accuracy", "gap"))
        first = result[result["stage"] == 1]["step"]
        marks = {"second stage": float(first.max())} if len(first) and (result["stage"] == 2).any() else {}
        banded = gaps.assign(low=gaps["value"] - WIDTH * gaps["error"], high=gaps["value"] + WIDTH * gaps["error"])
        left = curves(sets, x="step", y="value", color="name", marks=marks, x_title="step", y_title="accuracy, held-out questions")
        right = trajectory_bands(
            banded, x="step", y="value", low="low", high="high", color="name", marks=marks, x_title="step", y_title="gap in accuracy"
        )
        return panels([left, right], titles=["Held-out questions of each set", "Reliable less unreliable, 95 % interval"])

    def headline(self, result: pd.DataFrame) -> Headline:
        quoted: Headline = {"learned": _learned(result)}
        for name, (reliable, unreliable, _) in GAPS.items():
            value, error = _quoted(result, "gap", name)
            quoted |= {f"{name}_gap": value, f"{name}_low": _off(value, error, -WIDTH), f"{name}_high": _off(value, error, WIDTH)}
            quoted |= {f"accuracy_{each}": _quoted(result, "accuracy", each)[0] for each in (reliable, unreliable)}
        others = [each for each in SETS if each in set(result["name"]) and f"accuracy_{each}" not in quoted]
        return quoted | {f"accuracy_{each}": _quoted(result, "accuracy", each)[0] for each in others}


def _small(task: Aliases) -> list[str]:
    """The gaps for which a set has too few aliases."""
    sizes: dict[str, int] = {name: len(integers) for name, integers in dealt(task).items()}
    return [name for name, (*pair, _) in GAPS.items() if min(sizes.get(each, 0) for each in pair) < FEW]


def _gap(sets: pd.DataFrame, name: str, reliable: str, unreliable: str) -> pd.DataFrame:
    """The difference of two sets at every step that has both."""
    one, other = (sets[sets["name"] == each].set_index("step") for each in (reliable, unreliable))
    both = one.join(other, how="inner", rsuffix="_other")
    value, error = both["value"] - both["value_other"], np.hypot(both["error"], both["error_other"])
    return pd.DataFrame({"what": "gap", "name": name, "value": value, "error": error}).reset_index()


def _counts(table: pd.DataFrame, ends: list[int], skip: float) -> list[bool]:
    """Whether each row is of a checkpoint late enough in its stage, and that is the stage which its set or gap is about."""
    begins = {number: first + skip * (last - first) for number, (first, last) in enumerate(pairwise(ends), 1)}
    of_stage = {gap: number for gap, (*_, number) in GAPS.items()} | {name: kind.stage + 1 for name, kind in SETS.items()}
    return [
        number > 0 and number == of_stage[name] and step >= begins[number]
        for name, number, step in zip(table["name"], table["stage"], table["step"], strict=True)
    ]


def _quoted(result: pd.DataFrame, what: str, name: str) -> tuple[float | Missing, float]:
    """Mean value and error of what is quoted."""
    rows = result[(result["what"] == what) & (result["name"] == name)]
    if rows.empty:
        return Missing(f"the task lacks a set that {name} is about"), np.nan
    rows = rows[rows["counts"]]
    return (
        (float(rows["value"].mean()), float(rows["error"].mean()))
        if len(rows)
        else (Missing(f"{name}: no checkpoint of its stage"), np.nan)
    )


def _off(value: float | Missing, error: float, errors: float) -> float | Missing:
    if isinstance(value, Missing):
        return value
    return value + errors * error if error == error else Missing(f"a set has fewer than {FEW} aliases, too few for an interval")


def _learned(result: pd.DataFrame) -> float | Missing:
    values = [_quoted(result, "accuracy", name)[0] for name in GAPS["weak"][:2]]
    known = [value for value in values if not isinstance(value, Missing)]
    return float(np.mean(known)) if len(known) == len(values) else next(value for value in values if isinstance(value, Missing))
