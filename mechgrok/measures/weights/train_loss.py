"""The train loss as a function of the weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot


def needs_train_rows(run: Run) -> str | None:
    """Obstacle of measures of the train loss, which take all rows where the split is unknown."""
    return "this run has no train rows" if run.is_train is not None and not run.is_train.any() else None


def train_loss(snapshot: Snapshot) -> Callable[[Mapping[str, Tensor]], Tensor]:
    """Mean cross-entropy over the train rows, all rows where the split is unknown, as a differentiable function of the weights.

    Over the number classes, in float64, with the labels that the rows were trained with.
    """
    import torch

    from mechgrok.maths.landscape import losses

    grid = snapshot.grid
    rows = torch.nonzero(grid.subsets.get("train", grid.subsets["all"]))[:, 0]
    return lambda weights: losses.per_example(snapshot.logits_with_weights(weights, rows), grid.trained_labels[rows]).mean()
