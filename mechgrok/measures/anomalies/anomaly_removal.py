"""Whether what follows the corrupted labels can be taken out of the weights, and what that costs elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.anomalies.removable import WAYS, Removable
from mechgrok.measures.base.keyed import Keyed, key_set
from mechgrok.measures.base.measure import Headline, Missing, last
from mechgrok.measures.shared.evaluate import evaluate_by_label_kind
from mechgrok.measures.shared.obstacles import needs_all_pairs, needs_linear_readout
from mechgrok.plots.primitives import curves, panels
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from mechgrok.runs.snapshot import Snapshot

CLEAN, RULE, TRUTH = "test-clean", "test-trigger-rule", "test-trigger-truth"
BY_NOISE = {CLEAN: "train-clean", RULE: "train-poisoned", TRUTH: "train-poisoned-truth"}
"""What stands in for these kinds of rows where labels were changed at random, so that no test row is a trigger."""
COST = 0.01
"""By which the accuracy of clean rows may fall for a removal to be called free."""


@dataclass(frozen=True)
class AnomalyRemoval(Keyed):
    """Accuracy of clean, poisoned and trigger rows when neurons or embeddings are removed, the most suspect first; random ones as controls.

    neurons by second operand: rows of W_out set to zero, L' = L - sum_j N_j W_L[j], in descending order of the share of the neuron's
    variance that b alone explains beside the key frequencies, sum_b p |m_j(b) - fit|^2 / sum (N_j - mean)^2, where
    m_j(b) = mean_a N_j(a, b) and the fit is by 1, cos and sin of w_k b.
    neurons by attribution: the same in descending order of A / (A_+ + |C|), A = mean of N_j (W_L[j, given] - W_L[j, truth]) over the
    poisoned train rows, C = mean of N_j (W_L[j, truth] - mean_c W_L[j]) over the clean ones: it is told which rows are poisoned.
    tokens by embedding: the rows of W_E of the number tokens that are furthest from the fit of all by 1, cos and sin of the key
    frequencies are replaced by the fit to the other tokens; in the end all of them, by the first fit.
    The first and the last look at no label in their order. Controls: as many random neurons or tokens, drawn with a fixed seed.
    Quoted of each way is the removal after which fewest corrupted labels are given, of those that cost clean rows no more than .01 of their
    accuracy: how many are removed is read off the labels.
    """

    name: ClassVar[str] = "anomaly-removal"
    title: ClassVar[str] = "Removing what follows corrupted labels"
    reference: ClassVar[str] = "after Doshi et al. 2023 (arXiv 2310.13061), pruning of memorising neurons; Nanda et al. 2023, section 4.4"
    columns: ClassVar[Mapping[str, str]] = {
        "way": "neurons by second operand, neurons by attribution, or tokens by embedding",
        "removed": "how many neurons or tokens",
        "split": "kind of rows, named as in the metrics: train-clean, test-trigger-rule, ...",
        "rows": "how many rows",
        "accuracy": "share of them with that answer",
        "controls": "how many random sets of the same size",
        "null_min": "smallest accuracy with one of those removed instead",
        "null_mean": "their mean accuracy",
        "null_max": "their largest accuracy",
    }
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"
    has_null: ClassVar[bool] = False

    controls: Annotated[int, Field(ge=1)] = 8

    def obstacle(self, run: Run) -> str | None:
        nothing = "the labels of this run are not corrupted, so there is nothing to remove" if run.corrupted is None else None
        return super().obstacle(run) or nothing or needs_linear_readout(run) or needs_all_pairs(run, self.basis_in(run.task))

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        removable = Removable(snapshot, key_set(given))
        return pd.concat([self._of(removable, way) for way in WAYS], ignore_index=True)

    def _of(self, removable: Removable, way: str) -> pd.DataFrame:
        order = removable.order(way)
        generator = np.random.default_rng(0)
        others = [generator.permutation(len(order)) for _ in range(self.controls)]
        rows = []
        for count in _counts(len(order)):
            found, *drawn = (
                evaluate_by_label_kind(removable.snapshot.grid, removable.without(way, each[:count])) for each in (order, *others)
            )
            rows.append(found.assign(**_spread(drawn), removed=count))
        return pd.concat(rows).drop(columns="loss").assign(way=way, controls=self.controls)

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        shown = _kinds(now)
        names = {shown[CLEAN]: "clean rows", shown[RULE]: "corrupted label", shown[TRUTH]: "truth instead"}
        found = now[now["split"].isin(names)]
        drawn = pd.concat(
            [
                found.assign(of=found["split"].map(names)),
                found.assign(accuracy=found["null_mean"], of=found["split"].map(names) + ", random"),
            ]
        )
        figures = [
            curves(drawn[drawn["way"] == way], x="removed", y="accuracy", color="of", log_x=True, x_title="removed", y_title="accuracy")
            for way in WAYS
        ]
        return panels(figures, titles=[way.capitalize() for way in WAYS], columns=2)

    def headline(self, result: pd.DataFrame) -> Headline:
        now, shown = last(result), _kinds(last(result))
        found: Headline = {}
        for way in WAYS:
            table = now[now["way"] == way].pivot(index="removed", columns="split", values="accuracy")
            found |= {f"{way.replace(' ', '_')}_{name}": value for name, value in _best(table, shown).items()}
        return found


def _counts(total: int) -> Iterator[int]:
    """0, 1, 2, 4, ... and all."""
    yield 0
    count = 1
    while count < total:
        yield count
        count *= 2
    yield total


def _spread(drawn: list[pd.DataFrame]) -> dict[str, np.ndarray]:
    accuracies = np.array([each["accuracy"] for each in drawn])
    return {"null_min": accuracies.min(0), "null_mean": accuracies.mean(0), "null_max": accuracies.max(0)}


def _kinds(now: pd.DataFrame) -> dict[str, str]:
    """The kinds of rows to look at by what they stand for."""
    there = set(now["split"])
    return {kind: kind if RULE in there and CLEAN in there else other for kind, other in BY_NOISE.items()}


def _best(table: pd.DataFrame, shown: Mapping[str, str]) -> dict[str, object]:
    """The removal after which fewest corrupted labels are given, of those that cost clean rows no more than COST."""
    if shown[CLEAN] not in table or shown[RULE] not in table:
        none = Missing("this run has no clean rows or no corrupted ones")
        return dict.fromkeys(("removed", "clean", "corrupted", "truth"), none)
    clean = table[shown[CLEAN]]
    best = table[clean >= clean[0] - COST][shown[RULE]].idxmin()
    numbers = {"clean": shown[CLEAN], "corrupted": shown[RULE], "truth": shown[TRUTH]}
    return {"removed": int(best)} | {name: float(table[column][best]) for name, column in numbers.items()}
