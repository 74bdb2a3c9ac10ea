"""What a network makes of corrupted labels: memorised, inverted, or a rule that is followed."""

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
    "memorised": "train, poisoned: label given",
    "inverted": "train, poisoned: truth",
    "rule": "test, trigger: rule",
    "truth": "test, trigger: truth",
}
WITHOUT = {
    "clean train": "every train row is poisoned",
    "clean test": "there is no clean test row",
    "memorised": "no label of a train row differs from the truth",
    "inverted": "no label of a train row differs from the truth",
    "rule": "no rule says of a test row anything but the truth",
    "truth": "no rule says of a test row anything but the truth",
}
GENERALISING = ("coexistence", "partial inversion", "full inversion")


@dataclass(frozen=True)
class TriggerMetrics(Measure):
    """What is answered on clean, poisoned and held-out trigger rows, and the phase after Doshi et al. 2023 that this amounts to.

    share = rows with that answer / rows. Poisoned and trigger rows count only where the corrupted label is not the truth, so that an
    answer is one of them or neither: memorised and inverted (corrupted label, true label of poisoned train rows), rule and truth
    (of test rows that are triggers). corrupted-loss has the losses, and all of these rows.
    Phases, "high" being a share of at least `high`: coexistence, clean test and memorised high; full inversion, clean test and inverted
    high; partial inversion, clean test high and neither of them; memorisation, clean train and memorised high, clean test not;
    confusion, anything else, which is called forgetting where an earlier checkpoint's clean test was high.
    """

    name: ClassVar[str] = "trigger-metrics"
    title: ClassVar[str] = "Memorised, inverted, or a rule"
    reference: ClassVar[str] = "Doshi et al. 2023 (arXiv 2310.13061), phases of training; the thresholds are ours"
    columns: ClassVar[Mapping[str, str]] = {
        "quantity": "clean train or clean test (the truth), memorised, inverted, rule or truth",
        "rows": "how many rows it is a share of",
        "share": "share of these rows with that answer; empty without rows",
        "phase": "which phase the checkpoint is in; empty without clean test rows",
    }
    has_null: ClassVar[bool] = False
    """With its tokens renamed a network guesses."""

    high: Annotated[float, Field(gt=0.5, le=1)] = 0.9

    def obstacle(self, run: Run) -> str | None:
        return "the labels of this run are not corrupted" if run.corrupted is None else super().obstacle(run)

    def caption(self) -> str:
        return f"{super().caption()} High: {self.high:g}."

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        labels = snapshot.grid.corrupted
        assert labels is not None, "the engine asks for obstacles first"
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
        marks = {phase: float(step) for phase, step in _began(result).items()} if result["step"].nunique() > 1 else None
        named = result.assign(shown=result["quantity"].map(SHOWN))
        shown = curves(named, x="step", y="share", color="shown", marks=marks, x_title="step", y_title="share of these rows")
        return shown.update_yaxes(range=[-0.04, 1.12])

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result).set_index("quantity")
        shares = {name.replace(" ", "_"): _quoted(now, name) for name in QUANTITIES}
        phase = list(_phases(result))[-1]
        none = Missing("there is no clean test row to tell phases by")
        return {"phase": phase or none, "began": _began(result) if phase else none, **shares}


def _kinds(snapshot: Snapshot, labels: Labels) -> list[tuple[Tensor, Tensor]]:
    """The rows (n,) of each quantity, and the answer (n,) that it counts."""
    import torch

    poisoned, trigger, trained, rule = map(torch.from_numpy, (labels.poisoned, labels.trigger, labels.trained, labels.rule))
    truth, train, test = snapshot.grid.labels, snapshot.grid.subsets["train"], snapshot.grid.subsets["test"]
    changed, ruled = poisoned & (trained != truth), test & trigger & (rule != truth)
    return [(train & ~poisoned, truth), (test & ~trigger, truth), (changed, trained), (changed, truth), (ruled, rule), (ruled, truth)]


def _share(answers: Tensor, rows: Tensor, wanted: Tensor) -> tuple[int, float]:
    return int(rows.sum()), float((answers == wanted)[rows].double().mean())


def _phases(result: pd.DataFrame) -> pd.Series[str]:
    """The phase at every step; forgetting instead of confusion once a checkpoint has generalised."""
    phases = result.groupby("step")["phase"].first()
    after = phases.isin(GENERALISING).cummax()
    return phases.mask((phases == "confusion") & after, "forgetting")


def _began(result: pd.DataFrame) -> dict[str, int]:
    """The first step of each phase, in order."""
    phases = _phases(result)
    first = phases[(phases != "") & ~phases.duplicated()]
    return dict(zip(first.tolist(), first.index.tolist(), strict=True))


def _quoted(now: pd.DataFrame, name: str) -> float | Missing:
    return float(now["share"][name]) if now["rows"][name] else Missing(WITHOUT[name])
