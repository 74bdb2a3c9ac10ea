"""Loss and accuracy of changed logits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mechgrok.measures.shared.by_split import mean_by_split_of_labels

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.grid import Grid


def evaluate(grid: Grid, logits: Tensor) -> pd.DataFrame:
    """Mean cross-entropy and share of right answers on each known split: columns split, rows, loss, accuracy; NaN over no rows.

    Where labels were corrupted, train rows count against those that they were trained with.
    """
    from mechgrok.maths.landscape import losses

    answers = logits.argmax(1)
    right = mean_by_split_of_labels(grid, lambda labels: (answers == labels).double())
    return mean_by_split_of_labels(grid, lambda labels: losses.per_example(logits, labels)).assign(accuracy=right["loss"])


def evaluate_by_label_kind(grid: Grid, logits: Tensor) -> pd.DataFrame:
    """The same for the kinds of rows of a run with corrupted labels, as its metrics name them: train-clean, train-poisoned,
    train-poisoned-truth, test-clean, test-trigger-rule, test-trigger-truth; those that have rows, and none in a clean run."""
    import torch

    from mechgrok.maths.landscape import losses
    from mechgrok.training import evaluated_subsets

    elements, answers = torch.from_numpy(grid.chart.elements(grid.task.numbers)), logits.argmax(1)
    found = []
    for split in [split for split in ("train", "test") if split in grid.subsets]:
        rows = grid.subsets[split].nonzero()[:, 0]
        for kind in evaluated_subsets.by_label_kind(split, grid.rows[rows].numpy(), grid.corrupted, logits.device):
            places, labels = rows[kind.places], elements[kind.labels]
            loss, right = losses.per_example(logits[places], labels).mean(), (answers[places] == labels).double().mean()
            found.append((kind.name, len(places), float(loss), float(right)))
    return pd.DataFrame(found, columns=["split", "rows", "loss", "accuracy"])


def against_controls(observed: float, drawn: pd.Series[float]) -> dict[str, float]:
    """How an observed number stands against those of random controls: null_mean, null_min, null_max and z; NaN where there are none.

    z = (observed - mean) / standard deviation; NaN where fewer than two controls differ.
    """
    spread = drawn.std() if drawn.nunique() > 1 else float("nan")
    mean = drawn.mean()
    return {"null_mean": mean, "null_min": drawn.min(), "null_max": drawn.max(), "z": (observed - mean) / spread}
