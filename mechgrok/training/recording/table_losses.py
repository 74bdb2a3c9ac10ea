"""Loss and accuracy of a recorded network on its whole table."""

from __future__ import annotations

from mechgrok.maths.landscape import losses
from mechgrok.runs.grid import Grid
from mechgrok.runs.snapshot import Snapshot
from mechgrok.runs.subject import Subject


def losses_on(grid: Grid, subject: Subject) -> dict[str, dict[str, float]]:
    """The numbers of the train and test rows, or of all where the split is unknown, by split and column of the metrics."""
    snapshot = Snapshot(grid, subject.now(), subject.weights(), 0)
    each = losses.per_example(snapshot.logits, grid.labels)
    right = snapshot.predictions == grid.labels
    splits = [split for split in ("train", "test") if split in grid.subsets] or ["all"]
    masks = {split: grid.subsets[split] for split in splits if grid.subsets[split].any()}
    return {split: {"loss": float(each[rows].mean()), "accuracy": float(right[rows].double().mean())} for split, rows in masks.items()}
