"""Loss and accuracy on clean and on corrupted rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.measure import Headline, Measure, Missing, last
from mechgrok.plots.primitives import curves, panels
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.data.corruptions.corruption import Labels
    from mechgrok.runs.snapshot import Snapshot

KINDS = (
    ("train", "clean", "truth"),
    ("train", "poisoned", "trained"),
    ("train", "poisoned", "truth"),
    ("test", "clean", "truth"),
    ("test", "trigger", "rule"),
    ("test", "trigger", "truth"),
)
"""Split, kind of row, and the label that the answer is compared with."""
SHOWN = {
    "train clean": "train, clean",
    "train given": "memorised: corrupted label on train rows",
    "train truth": "inverted: true label on train rows",
    "test clean": "test, clean",
    "test given": "rule: its label on test rows",
    "test truth": "truth: true label on test rows",
}
"""As in the figure of trigger-metrics."""
BELOW_BARS = {"clean": "clean<br>rows", "given": "corrupted<br>label", "truth": "true<br>label"}
EMPTY = {
    "train clean": "every train row has a corrupted label",
    "train poisoned": "no train row is a trigger, so no label was corrupted",
    "test clean": "every test row is a trigger",
    "test trigger": "no test row is a trigger: labels were corrupted at random, or the rule has no test rows",
}


@dataclass(frozen=True)
class CorruptedLoss(Measure):
    """Cross-entropy (nats) and accuracy on clean rows, and on corrupted rows with the corrupted label and with the true label.

    loss = mean over rows of log sum_c exp L[n, c] - L[n, label]; accuracy = share of rows whose largest logit is the label's; over the
    number classes c ('=' dropped), in float64. Corrupted train rows have a label drawn or set by the corruption (poisoned); corrupted
    test rows are those that a rule would have changed (triggers), of which there are none where labels were changed at random. A drawn
    label may be the true one: `differing` counts the rows where it is not.
    """

    name: ClassVar[str] = "corrupted-loss"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Clean and corrupted rows"
    reference: ClassVar[str] = "Doshi et al. 2023 (arXiv 2310.13061), accuracies of corrupted and uncorrupted train rows"
    columns: ClassVar[Mapping[str, str]] = {
        "split": "train or test rows",
        "subset": "poisoned: train rows with a label set by the corruption; trigger: test rows that the rule covers; clean: all others",
        "against": "truth; trained: the corrupted label of a train row; rule: the label of a test row under the anomalous rule",
        "rows": "number of rows",
        "differing": "number of these rows where that label is not the truth",
        "loss": "mean cross-entropy with that label, nats; empty without rows",
        "accuracy": "share of rows whose largest logit is that label's; empty without rows",
    }
    has_null: ClassVar[bool] = False
    """With renamed tokens a network guesses, whichever labels it is compared with."""

    def obstacle(self, run: Run) -> str | None:
        return "the labels of this run are not corrupted" if run.corrupted is None else super().obstacle(run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        labels = snapshot.grid.corrupted
        assert labels is not None, "the engine checks obstacles first"
        table = pd.DataFrame([_score(snapshot, labels, *kind) for kind in KINDS], columns=["rows", "differing", "loss", "accuracy"])
        return pd.DataFrame(KINDS, columns=["split", "subset", "against"]).join(table)

    def plot(self, result: pd.DataFrame) -> go.Figure:
        which = result["against"].replace({"trained": "given", "rule": "given"}).where(result["subset"] != "clean", "clean")
        over_training = result["step"].nunique() > 1
        named = result.assign(shown=(result["split"] + " " + which).map(SHOWN) if over_training else which.map(BELOW_BARS))
        shown = {(split, y): _over_training(named[named["split"] == split], y) for y in ("accuracy", "loss") for split in ("train", "test")}
        return panels(list(shown.values()), titles=[f"{y.capitalize()}, {split} rows" for split, y in shown], columns=2)

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result).set_index(["split", "subset", "against"])
        found = {f"{value}_{'_'.join(kind)}": _number_or_reason(now, kind, value) for value in ("accuracy", "loss") for kind in KINDS}
        train = now.loc[[("train", "clean", "truth"), ("train", "poisoned", "trained")]]
        return {"changed_share": float(train["differing"].sum() / train["rows"].sum()), **found}


def _score(snapshot: Snapshot, labels: Labels, split: str, subset: str, against: str) -> tuple[int, int, float, float]:
    """Number of rows, number of these whose label is not the truth, loss, accuracy."""
    rows, compared = _rows(snapshot, labels, split, subset), _labels(snapshot, labels, against)
    right = (snapshot.predictions == compared)[rows].double()
    differing = int((compared != snapshot.grid.labels)[rows].sum())
    return int(rows.sum()), differing, float(snapshot.losses_against(compared)[rows].mean()), float(right.mean())


def _rows(snapshot: Snapshot, labels: Labels, split: str, subset: str) -> Tensor:
    """Mask (n,): a test row is clean if it is no trigger, a train row if its label was not set by the corruption."""
    import torch

    changed = torch.from_numpy(labels.poisoned if split == "train" else labels.trigger)
    return snapshot.grid.subsets[split] & (~changed if subset == "clean" else changed)


def _labels(snapshot: Snapshot, labels: Labels, against: str) -> Tensor:
    import torch

    return snapshot.grid.labels if against == "truth" else torch.from_numpy(labels.trained if against == "trained" else labels.rule)


def _over_training(rows: pd.DataFrame, y: str) -> go.Figure:
    """One line per kind of row, also for kinds without rows, so that the panels of a split share a legend; accuracies from 0 to 1."""
    if y == "loss":
        return curves(rows, x="step", y=y, color="shown", log_y=True, x_title="step", y_title="cross-entropy (nats)")
    shown = curves(rows, x="step", y=y, color="shown", x_title="step", y_title="accuracy")
    return shown.update_yaxes(range=[-0.04, 1.04] if rows["step"].nunique() > 1 else [0, 1.12])


def _number_or_reason(now: pd.DataFrame, kind: tuple[str, str, str], value: str) -> float | Missing:
    return float(now[value][kind]) if now["rows"][kind] else Missing(EMPTY[" ".join(kind[:2])])
