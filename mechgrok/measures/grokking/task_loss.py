"""Loss and accuracy of each task of a mixture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.measure import Headline, Measure, Missing, last
from mechgrok.measures.shared.by_split import UNKNOWN_SPLIT
from mechgrok.plots.primitives import curves, panels
from mechgrok.runs.run import Run
from mechgrok.tasks.parts import as_mixture

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class TaskLoss(Measure):
    """Mean cross-entropy (nats), accuracy and probability of the label for each task of a mixture, over its rows of each split.

    loss = mean of log sum_c exp L[n, c] - L[n, label]; accuracy = share of rows whose largest logit is the label's; probability = mean of
    exp L[n, label] / sum_c exp L[n, c]; over the number classes c, in float64. Train rows have the labels they were trained with.
    """

    name: ClassVar[str] = "task-loss"
    title: ClassVar[str] = "Loss and accuracy by task"
    reference: ClassVar[str] = "Furuta et al. 2024 (arXiv 2402.16726), metrics of mixtures by task, section 5"
    columns: ClassVar[Mapping[str, str]] = {
        "task": "operation or formula, as in the config",
        "split": "train, test or all rows of that task",
        "rows": "number of rows",
        "loss": "mean cross-entropy, nats; empty without rows",
        "accuracy": "share of rows whose largest logit is the label's; empty without rows",
        "probability": "mean softmax probability of the label; empty without rows",
    }
    has_null: ClassVar[bool] = False
    """With renamed tokens a network guesses in every task."""

    def obstacle(self, run: Run) -> str | None:
        if as_mixture(run.task) is None:
            return "the task is no mixture; compute loss and label-probability"
        return super().obstacle(run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        import torch

        grid, mixture = snapshot.grid, as_mixture(snapshot.grid.task)
        assert mixture is not None
        of_task = torch.from_numpy(mixture.task_of_row())[grid.rows]
        rows = [
            (name, split, *_score(snapshot, mask & (of_task == index), grid.trained_labels if split == "train" else grid.labels))
            for index, name in enumerate(mixture.task_names)
            for split, mask in grid.subsets.items()
        ]
        return pd.DataFrame(rows, columns=list(self.columns))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        splits = [split for split in ("train", "test") if split in set(result["split"])] or ["all"]
        shown = {(y, split): _over_training(result[result["split"] == split], y) for y in ("accuracy", "loss") for split in splits}
        return panels(list(shown.values()), titles=[f"{y.capitalize()}, {split} rows" for y, split in shown], columns=len(splits))

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result).set_index(["task", "split"])
        tasks = list(dict.fromkeys(now.index.get_level_values("task")))
        keys = [(value, split, task) for value in ("accuracy", "loss") for split in ("train", "test") for task in tasks]
        return {f"{value}_{split}_{task}": _number_or_reason(now, value, task, split) for value, split, task in keys}


def _score(snapshot: Snapshot, rows: Tensor, labels: Tensor) -> tuple[int, float, float, float]:
    """Rows, loss, accuracy, probability."""
    losses = snapshot.losses_against(labels)[rows]
    right = (snapshot.predictions == labels)[rows].double()
    return int(rows.sum()), float(losses.mean()), float(right.mean()), float((-losses).exp().mean())


def _over_training(rows: pd.DataFrame, y: str) -> go.Figure:
    if y == "loss":
        return curves(rows, x="step", y=y, color="task", log_y=True, x_title="step", y_title="cross-entropy (nats)")
    return curves(rows, x="step", y=y, color="task", x_title="step", y_title="accuracy")


def _number_or_reason(now: pd.DataFrame, value: str, task: str, split: str) -> float | Missing:
    if (task, split) not in now.index:
        return UNKNOWN_SPLIT
    return float(now[value][task, split]) if now["rows"][task, split] else Missing(f"this run has no {split} rows of {task}")
