"""Removal of the neurons or embeddings that fit corrupted labels, and its effect on clean rows."""

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
"""The kinds of train rows used instead where labels were changed at random, so that no test row is a trigger."""
COST = 0.01
"""The largest fall of the accuracy of clean rows that a removal in the headline may have."""


@dataclass(frozen=True)
class AnomalyRemoval(Keyed):
    """Accuracy (share of rows) on clean, poisoned and trigger rows when neurons or embeddings are removed, in three orders.

    neurons by second operand: L' = L - sum_j N_j W_L[j] over the removed neurons j, in descending order of the share of the variance of
    the neuron that b alone explains beyond the key frequencies, sum_b p |m_j(b) - fit|^2 / sum (N_j - mean)^2, m_j(b) = mean_a N_j(a, b),
    fit by 1, cos and sin w_k b.
    neurons by attribution: likewise, in descending order of A / (A_+ + |C|), A = mean of N_j (W_L[j, trained label] - W_L[j, truth]) over
    the poisoned train rows, C = mean of N_j (W_L[j, truth] - mean_c W_L[j]) over the clean train rows; it uses the poisoned labels.
    tokens by embedding: number tokens in descending order of the distance of W_E from its fit by 1, cos and sin of the key frequencies;
    their embeddings are replaced by the fit to the other tokens, and all of them by the fit to all.
    The first and last orders use no labels. Controls: as many random neurons or tokens, drawn with a fixed seed. Headline of each order:
    the removal with the fewest corrupted answers among those that lower the accuracy of clean rows by at most .01; this choice uses the
    labels.
    """

    name: ClassVar[str] = "anomaly-removal"
    title: ClassVar[str] = "Removing what follows corrupted labels"
    reference: ClassVar[str] = "after Doshi et al. 2023 (arXiv 2310.13061), pruning of memorising neurons; Nanda et al. 2023, section 4.4"
    columns: ClassVar[Mapping[str, str]] = {
        "way": "neurons by second operand, neurons by attribution, or tokens by embedding",
        "removed": "number of neurons or tokens that are removed",
        "split": "kind of rows, as in the metrics: train-clean, test-trigger-rule, ...",
        "rows": "number of rows",
        "accuracy": "share of these rows with that answer",
        "controls": "number of random sets of the same size",
        "null_min": "smallest accuracy with a random set removed",
        "null_mean": "mean accuracy with a random set removed",
        "null_max": "largest accuracy with a random set removed",
    }
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"
    has_null: ClassVar[bool] = False

    controls: Annotated[int, Field(ge=1)] = 8

    def obstacle(self, run: Run) -> str | None:
        clean = "the labels of this run are not corrupted, so no removal is defined" if run.corrupted is None else None
        return super().obstacle(run) or clean or needs_linear_readout(run) or needs_all_pairs(run, self.basis_in(run.task))

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        removable = Removable(snapshot, key_set(given))
        return pd.concat([self._removals(removable, way) for way in WAYS], ignore_index=True)

    def _removals(self, removable: Removable, way: str) -> pd.DataFrame:
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
        shown = _kinds_shown(now)
        names = {shown[CLEAN]: "clean rows", shown[RULE]: "corrupted label", shown[TRUTH]: "true label"}
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
        now, shown = last(result), _kinds_shown(last(result))
        found: Headline = {}
        for way in WAYS:
            table = now[now["way"] == way].pivot(index="removed", columns="split", values="accuracy")
            found |= {f"{way.replace(' ', '_')}_{name}": value for name, value in _best_removal(table, shown).items()}
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


def _kinds_shown(now: pd.DataFrame) -> dict[str, str]:
    """The kinds of rows of this run that take the roles of CLEAN, RULE and TRUTH."""
    kinds = set(now["split"])
    return {kind: kind if RULE in kinds and CLEAN in kinds else other for kind, other in BY_NOISE.items()}


def _best_removal(table: pd.DataFrame, shown: Mapping[str, str]) -> dict[str, object]:
    """The removal with the fewest corrupted answers, among those that lower the accuracy of clean rows by at most COST."""
    if shown[CLEAN] not in table or shown[RULE] not in table:
        none = Missing("this run has no clean rows or no corrupted rows")
        return dict.fromkeys(("removed", "clean", "corrupted", "truth"), none)
    clean = table[shown[CLEAN]]
    best = table[clean >= clean[0] - COST][shown[RULE]].idxmin()
    numbers = {"clean": shown[CLEAN], "corrupted": shown[RULE], "truth": shown[TRUTH]}
    return {"removed": int(best)} | {name: float(table[column][best]) for name, column in numbers.items()}
