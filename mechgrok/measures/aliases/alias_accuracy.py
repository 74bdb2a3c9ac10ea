"""Loss and accuracy by set of aliases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from mechgrok.maths.statistics.clusters import clustered_error
from mechgrok.measures.base.measure import Headline, Measure, Missing, last
from mechgrok.plots.primitives import curves, panels
from mechgrok.runs.run import Run
from mechgrok.tasks.alias_tables.alias_bounds import bounds
from mechgrok.tasks.alias_tables.alias_sets import SETS
from mechgrok.tasks.aliases import Aliases

if TYPE_CHECKING:
    from mechgrok.runs.snapshot import Snapshot

DEFINITIONS = "-definitions"
HELD_OUT, TRAINED = "held out", "trained on"
NO_ALIASES = "the task has no aliases (task kind aliases)"


@dataclass(frozen=True)
class AliasAccuracy(Measure):
    """Mean cross-entropy (nats) and accuracy of the original rows, and of the questions and definitions of every set of aliases.

    Rows are held out or trained on by the design of the task, whatever the split. loss = mean of log sum_c exp L[n, c] - L[n, integer],
    over the number classes, in float64, with the integer as the class where the answer is an alias; accuracy = share of rows whose largest
    number logit is the integer's; error = its standard error with aliases as clusters, since answers about one alias are correlated.
    bound = mean over questions of max_c share of integers with answer c, among the integers that are consistent with the trained
    questions about the alias: the best expected accuracy from these questions alone.
    """

    name: ClassVar[str] = "alias-accuracy"
    title: ClassVar[str] = "Loss and accuracy by set of aliases"
    reference: ClassVar[str] = "Krasheninnikov et al. 2023 (arXiv 2310.15047), section 2; aisc_oocl_mod_experiments, valid_*/acc"
    columns: ClassVar[Mapping[str, str]] = {
        "part": "original, the name of a set for its questions, or its definitions",
        "rows_are": "held out or trained on by the design of the task",
        "rows": "number of rows",
        "loss": "mean cross-entropy over number classes, nats",
        "accuracy": "share of rows whose largest number logit is the integer's",
        "bound": "best expected accuracy from the trained questions alone; empty for rows that are no questions about one alias",
        "error": "standard error of the accuracy, clustered by alias (by row for original rows)",
    }
    has_null: ClassVar[bool] = False
    """With renamed integers a network guesses in every set."""

    def obstacle(self, run: Run) -> str | None:
        return None if isinstance(run.task, Aliases) else NO_ALIASES

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        right = (snapshot.predictions == snapshot.grid.labels).numpy()
        return pd.DataFrame(_rows(snapshot.grid.task, right, snapshot.losses.numpy()), columns=list(self.columns))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        held_out, learnt = result[result["rows_are"] == HELD_OUT], result[(result["rows_are"] == TRAINED) & ~result["part"].isin(SETS)]
        learnt = learnt.assign(part=learnt["part"].str.removesuffix(DEFINITIONS))
        words: dict[str, Any] = {"x": "step", "color": "part", "x_title": "step"}
        figures = {
            "Accuracy, held out": curves(held_out, y="accuracy", y_title="accuracy", **words),
            "Loss, held out": curves(held_out, y="loss", y_title="cross-entropy (nats)", **words),
        }
        # Panels share a legend only if they have the same groups; the third lacks sets without definitions.
        if set(learnt["part"]) == set(held_out["part"]):
            figures["Accuracy, definitions and original"] = curves(learnt, y="accuracy", y_title="accuracy", **words)
        return panels(list(figures.values()), titles=list(figures))

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        held_out = now[now["rows_are"] == HELD_OUT].set_index("part")
        none = Missing("the design holds out none of the original rows")
        accuracy = {"original": held_out["accuracy"].get("original", none), **held_out["accuracy"]}
        return {**accuracy, **{f"bound_{name}": bound for name, bound in held_out["bound"].dropna().items()}}


def _rows(task: Any, right: np.ndarray, losses: np.ndarray) -> Iterator[tuple[object, ...]]:
    part, trained, about, best = task.part_of_row(), task.trained_rows(), task.integer_of_row(), bounds(task)
    clusters = np.where(about < 0, task.p + np.arange(len(about)), about)
    for number, name in enumerate(task.part_names):
        for rows_are, mask in ((HELD_OUT, ~trained), (TRAINED, trained)):
            rows = (part == number) & mask
            if rows.any():
                error = clustered_error(right[rows].astype(float), clusters[rows])
                means = (float(each[rows].mean()) for each in (losses, right, best))
                yield name, rows_are, int(rows.sum()), *means, error
