"""The boundaries of the three phases of grokking, by fixed rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from pydantic import Field

from mechgrok.maths.curves.changepoints import departure, half_way, knee
from mechgrok.measures.ablations.excluded_loss import ExcludedLoss
from mechgrok.measures.ablations.restricted_loss import RestrictedLoss
from mechgrok.measures.base.measure import Headline, Measure, RunMeasure
from mechgrok.measures.base.readings import headline_number
from mechgrok.measures.grokking.loss import Loss
from mechgrok.measures.shared.by_split import UNKNOWN_SPLIT
from mechgrok.measures.weights.weight_norms import WeightNorms
from mechgrok.plots.phases import shade
from mechgrok.plots.primitives import curves, panels

if TYPE_CHECKING:
    from mechgrok.runs.run import Run

CHECKPOINTS = 10
"""The fewest checkpoints that boundaries are computed from."""
FACTOR = 10
"""The factor by which a loss must rise or fall for its phase to exist."""
DEPTH = 0.2
"""The least depth of the knee, as a share of the fall of the sum of squares, for the clean-up to have an end."""
LATE = "after the end of circuit formation"
SMALLEST = 1e-12
"""Losses are clipped below at this value (nats) before the logarithm."""
NAMES = {name: f"{name} ends" for name in ("memorisation", "circuit formation", "clean-up")}
"""The phases, and how the figure marks an end whose phase cannot be shaded."""


@dataclass(frozen=True)
class PhaseBoundaries(RunMeasure):
    """Steps at which memorisation, circuit formation and clean-up end, from the losses (nats) and weight norms of the checkpoints.

    Memorisation ends where the excluded loss (2-D, train, all keys of the last checkpoint) leaves its minimum; this is later than
    `memorised` of grok-times, where the train accuracy reaches its threshold. Circuit formation ends where the test loss leaves its
    plateau. Both are the last checkpoint before half-way with progress <= share; progress = (log start - log loss) / (log start - log
    end), start the level that the curve leaves and end its other extreme. Clean-up ends at the checkpoint after circuit formation at
    which the total sum of squared weights lies farthest below its chord. The phases are ordered: where the excluded loss leaves its
    minimum only after circuit formation, as in runs whose corrupted labels stay memorised, the end of memorisation is missing. A phase
    exists only if its loss changes tenfold; the clean-up, if the depth of the knee is .2 of the fall. lead = half-way step of the test
    loss - half-way step of the restricted loss (2-D, test), half-way of the fall of the logarithm.
    """

    name: ClassVar[str] = "phase-boundaries"
    title: ClassVar[str] = "Memorisation, circuit formation, clean-up"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 5.2, which divides its own run by eye; the rules are ours"
    columns: ClassVar[Mapping[str, str]] = {
        "part": "boundary: the end of a phase; half-way: the middle of the fall of a loss; reading: a point of a curve",
        "name": "the phase, or the curve of a half-way step or reading",
        "step": "boundary: last checkpoint of the phase; half-way: first checkpoint past half-way; empty where it does not exist",
        "next_step": "step of the following checkpoint",
        "value": "reading: loss (nats) or sum of squares; clean-up: depth of the knee; else empty",
        "why": "the reason where the step is empty",
    }

    share: Annotated[float, Field(gt=0, lt=0.5)] = 0.1

    @property
    def requires(self) -> Mapping[str, Measure]:
        return {"loss": Loss(), "excluded": ExcludedLoss(), "restricted": RestrictedLoss(), "norms": WeightNorms()}

    def compute(self, run: Run, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        wide = _wide(given)
        rows = self._rows(wide, _obstacle(run, wide))
        points = wide.melt(ignore_index=False, var_name="name").reset_index().dropna(subset="value").assign(part="reading")
        table = pd.concat([pd.DataFrame(rows), points], ignore_index=True).reindex(columns=list(self.columns))
        return table.assign(why=table["why"].fillna(""))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        shaded = phases(result)
        marks = {NAMES[row["name"]]: row["step"] for row in _rows_of(result, "boundary") if row["name"] not in shaded}
        points = result[result["part"] == "reading"].astype({"step": int})
        squares = points["name"] == "sum of squares"
        shared: dict[str, Any] = {"x": "step", "y": "value", "marks": marks, "x_title": "step"}
        losses = curves(points[~squares], color="name", log_y=True, y_title="cross-entropy (nats)", **shared)
        weights = curves(points[squares], y_title="sum of squared weights", **shared)
        return shade(panels([losses, weights], titles=["Losses", "Weights"]), shaded)

    def headline(self, result: pd.DataFrame) -> Headline:
        ends = {f"{row['name'].replace('-', '').replace(' ', '_')}_ends": row for row in _rows_of(result, "boundary")}
        test, restricted = _rows_of(result, "half-way")
        lead = headline_number(test["step"] - restricted["step"], test["why"] or restricted["why"])
        return {key: headline_number(row["step"], row["why"]) for key, row in ends.items()} | {"restricted_leads_by": lead}

    def _rows(self, wide: pd.DataFrame, obstacle: str) -> list[dict[str, Any]]:
        if obstacle:
            names = [("boundary", name) for name in NAMES] + [("half-way", name) for name in ("test", "restricted (test)")]
            return [{"part": part, "name": name, "why": obstacle} for part, name in names]
        circuit, formed = self._circuit(wide)
        boundaries = [self._memorisation(wide, formed), circuit, _cleanup(wide, formed)]
        return [*boundaries, _half(wide, "test"), _half(wide, "restricted (test)")]

    def _circuit(self, wide: pd.DataFrame) -> tuple[dict[str, Any], int | None]:
        row, loss = {"part": "boundary", "name": "circuit formation"}, _log(wide["test"])
        if not _falls(loss):
            return row | {"why": f"the test loss does not fall by a factor of {FACTOR}"}, None
        found = departure(loss, self.share)
        return row | _at(wide, found), found

    def _memorisation(self, wide: pd.DataFrame, formed: int | None) -> dict[str, Any]:
        row, loss = {"part": "boundary", "name": "memorisation"}, _log(wide["excluded (train)"])
        lowest = int(np.argmin(loss if formed is None else loss[: formed + 1]))
        if loss[0] - loss[lowest] < np.log(FACTOR):
            return row | {"why": f"the excluded loss does not first fall by a factor of {FACTOR}"}
        if not _falls(-loss[lowest:]):
            return row | {"why": f"the excluded loss does not rise from its minimum by a factor of {FACTOR}"}
        end = lowest + departure(-loss[lowest:], self.share)
        if formed is not None and end > formed:
            return row | {"why": f"the excluded loss leaves its minimum at step {wide.index[end]}, {LATE} at step {wide.index[formed]}"}
        return row | _at(wide, end)


def phases(result: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """First and last step of each phase of which both are known, from the measure's table."""
    ends = {row["name"]: row["step"] for row in _rows_of(result, "boundary")}
    starts = [result.loc[result["part"] == "reading", "step"].min(), *ends.values()]
    return {name: (int(start), int(end)) for (name, end), start in zip(ends.items(), starts, strict=False) if start < end}


def _wide(given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The curves as columns over the checkpoints."""
    excluded, restricted = given["excluded"], given["restricted"]
    found = {
        "train": _losses_of_split(given["loss"], "train"),
        "test": _losses_of_split(given["loss"], "test"),
        "excluded (train)": _losses_of_split(excluded[(excluded["variant"] == "2-D") & (excluded["frequency"] == 0)], "train"),
        "restricted (test)": _losses_of_split(restricted[restricted["variant"] == "2-D"], "test"),
        "sum of squares": given["norms"].groupby("step")["sum_of_squares"].sum(),
    }
    return pd.DataFrame(found).rename_axis("step").sort_index()


def _losses_of_split(table: pd.DataFrame, split: str) -> pd.Series[float]:
    rows = table[(table["split"] == split) & (table["rows"] > 0)]
    return rows.set_index("step")["loss"]


def _obstacle(run: Run, wide: pd.DataFrame) -> str:
    """Why no boundary of this run can be computed; empty where they can."""
    if run.is_train is None:
        return str(UNKNOWN_SPLIT)
    unknown = [split for split in ("train", "test") if wide[split].isna().all()]
    if unknown:
        return f"this run has no {unknown[0]} rows"
    return "" if len(wide) >= CHECKPOINTS else f"phase boundaries need {CHECKPOINTS} checkpoints, and this run has {len(wide)}"


def _log(loss: pd.Series[float]) -> NDArray[np.float64]:
    return np.log(np.maximum(loss.to_numpy(dtype=float), SMALLEST))


def _falls(log_loss: NDArray[np.float64]) -> bool:
    """Whether a curve falls by FACTOR below an earlier value."""
    return bool((np.maximum.accumulate(log_loss) - log_loss).max() >= np.log(FACTOR))


def _cleanup(wide: pd.DataFrame, formed: int | None) -> dict[str, Any]:
    row = {"part": "boundary", "name": "clean-up"}
    if formed is None:
        return row | {"why": "circuit formation has no end, so no clean-up follows it"}
    after = wide["sum of squares"].iloc[formed:]
    index, depth = knee(after.index.to_numpy(), after.to_numpy())
    if depth < DEPTH:
        return row | {"why": f"the sum of squared weights still falls at step {after.index[-1]}", "value": depth}
    return row | _at(wide, formed + index) | {"value": depth}


def _half(wide: pd.DataFrame, name: str) -> dict[str, Any]:
    row, loss = {"part": "half-way", "name": name}, _log(wide[name])
    if not _falls(loss):
        return row | {"why": f"the {'test' if name == 'test' else 'restricted'} loss does not fall by a factor of {FACTOR}"}
    return row | {"step": int(wide.index[half_way(loss)])}


def _at(wide: pd.DataFrame, index: int) -> dict[str, Any]:
    following = wide.index[index + 1] if index + 1 < len(wide) else float("nan")
    return {"step": int(wide.index[index]), "next_step": following}


def _rows_of(result: pd.DataFrame, part: str) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in result[result["part"] == part].to_dict("records")]
