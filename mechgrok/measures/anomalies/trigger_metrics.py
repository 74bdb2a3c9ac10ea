"""Answers to rows with corrupted labels: memorised, inverted, or following the rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.measure import Headline, Measure, Missing, last
from mechgrok.plots.primitives import curves
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.data.corruptions.corruption import Labels
    from mechgrok.runs.snapshot import Snapshot

QUANTITIES = ("clean train", "clean test", "memorised", "inverted", "rule", "truth")
SHOWN = {
    "clean train": "train, clean",
    "clean test": "test, clean",
    "memorised": "memorised: corrupted label on train rows",
    "inverted": "inverted: true label on train rows",
    "rule": "rule: its label on test rows",
    "truth": "truth: true label on test rows",
}
WITHOUT = {
    "clean train": "every train row is poisoned",
    "clean test": "this run has no clean test row",
    "memorised": "no label of a train row differs from the truth",
    "inverted": "no label of a train row differs from the truth",
    "rule": "no rule gives a test row a label other than the truth",
    "truth": "no rule gives a test row a label other than the truth",
}
GENERALISING = ("coexistence", "partial inversion", "full inversion")


@dataclass(frozen=True)
class TriggerMetrics(Measure):
    """Share of the clean, poisoned and trigger rows with a given answer, and the phase of training after Doshi et al. 2023.

    share = rows with that answer / rows. Poisoned and trigger rows are used only where the corrupted label is not the true one. memorised,
    inverted: poisoned train rows answered by the corrupted label, by the true label; rule, truth: trigger test rows answered by the rule,
    by the true label. Here memorised is a share; in grok-times it is a step. corrupted-loss has the losses, and all rows. Phases, a share
    being high if it is at least `high`: coexistence, clean test and memorised high; full inversion, clean test and inverted high; partial
    inversion, only clean test high; memorisation, clean train and memorised high, clean test not; confusion, all else; forgetting, the
    same after an earlier checkpoint with clean test high.
    """

    name: ClassVar[str] = "trigger-metrics"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Memorised, inverted, or a rule"
    reference: ClassVar[str] = "Doshi et al. 2023 (arXiv 2310.13061), phases of training; the thresholds are ours"
    columns: ClassVar[Mapping[str, str]] = {
        "quantity": "clean train or clean test (the truth), memorised, inverted, rule or truth",
        "rows": "number of rows that it is a share of",
        "share": "share of these rows with that answer; empty without rows",
        "phase": "phase of the checkpoint; empty without clean test rows",
    }
    has_null: ClassVar[bool] = False
    """With renamed tokens a network guesses."""

    high: Annotated[float, Field(gt=0.5, le=1)] = 0.9

    def obstacle(self, run: Run) -> str | None:
        return "the labels of this run are not corrupted" if run.corrupted is None else super().obstacle(run)

    def caption(self) -> str:
        return f"{super().caption()} High: {self.high:g}."

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        labels = snapshot.grid.corrupted
        assert labels is not None, "the engine checks obstacles first"
        found = [_share(snapshot.predictions, *kind) for kind in _kinds(snapshot, labels)]
        table = pd.DataFrame(found, columns=["rows", "share"]).assign(quantity=QUANTITIES)
        return table.assign(phase=self._phase(table.set_index("quantity")["share"]))

    def _phase(self, share: pd.Series[float]) -> str:
        if pd.isna(share["clean test"]):
            return ""
        high = share >= self.high
        if high["clean test"]:
            return "coexistence" if high["memorised"] else "full inversion" if high["inverted"] else "partial inversion"
        return "memorisation" if high["clean train"] and high["memorised"] else "confusion"

    def plot(self, result: pd.DataFrame) -> go.Figure:
        marks = {phase: float(step) for phase, step in _first_steps(result).items()} if result["step"].nunique() > 1 else None
        named = result.assign(shown=result["quantity"].map(SHOWN))
        shown = curves(named, x="step", y="share", color="shown", marks=marks, x_title="step", y_title="share of these rows")
        return shown.update_yaxes(range=[-0.04, 1.12])

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result).set_index("quantity")
        shares = {name.replace(" ", "_"): _number_or_reason(now, name) for name in QUANTITIES}
        phase = list(_phases(result))[-1]
        none = Missing("the phases are undefined: this run has no clean test row")
        return {"phase": phase or none, "began": _first_steps(result) if phase else none, **shares}


def _kinds(snapshot: Snapshot, labels: Labels) -> list[tuple[Tensor, Tensor]]:
    """The mask of the rows (n,) of each quantity, and the answer (n,) that it counts."""
    import torch

    poisoned, trigger, trained, rule = map(torch.from_numpy, (labels.poisoned, labels.trigger, labels.trained, labels.rule))
    truth, train, test = snapshot.grid.labels, snapshot.grid.subsets["train"], snapshot.grid.subsets["test"]
    changed, ruled = poisoned & (trained != truth), test & trigger & (rule != truth)
    return [(train & ~poisoned, truth), (test & ~trigger, truth), (changed, trained), (changed, truth), (ruled, rule), (ruled, truth)]


def _share(answers: Tensor, rows: Tensor, wanted: Tensor) -> tuple[int, float]:
    return int(rows.sum()), float((answers == wanted)[rows].double().mean())


def _phases(result: pd.DataFrame) -> pd.Series[str]:
    """The phase at every step; forgetting instead of confusion after a checkpoint that generalised."""
    phases = result.groupby("step")["phase"].first()
    after = phases.isin(GENERALISING).cummax()
    return phases.mask((phases == "confusion") & after, "forgetting")


def _first_steps(result: pd.DataFrame) -> dict[str, int]:
    """The first step of each phase, in the order of the steps."""
    phases = _phases(result)
    first = phases[(phases != "") & ~phases.duplicated()]
    return dict(zip(first.tolist(), first.index.tolist(), strict=True))


def _number_or_reason(now: pd.DataFrame, name: str) -> float | Missing:
    return float(now["share"][name]) if now["rows"][name] else Missing(WITHOUT[name])
