"""Means over all, train and test rows, and what to say where the split is unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from mechgrok.measures.base.measure import Headline, Missing, last

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.grid import Grid

SPLITS = ("all", "train", "test")
UNKNOWN_SPLIT = Missing("the train split of this run is unknown")


def mean_by_split(grid: Grid, per_row: Tensor) -> pd.DataFrame:
    """Mean of a loss per row (n,) over each known split: columns split, rows, loss; NaN over no rows."""
    means = [(name, int(mask.sum()), float(per_row[mask].mean())) for name, mask in grid.subsets.items()]
    return pd.DataFrame(means, columns=["split", "rows", "loss"])


def mean_by_split_of_labels(grid: Grid, per_row: Callable[[Tensor], Tensor]) -> pd.DataFrame:
    """The same of what a row makes of its label, `per_row` from labels (n,) to (n,).

    Train rows count with the labels that they were trained with, the others and all rows together with the truth.
    """
    table = mean_by_split(grid, per_row(grid.labels))
    if grid.corrupted is None:
        return table
    trained = mean_by_split(grid, per_row(grid.trained_labels))
    return table.assign(loss=table["loss"].where(table["split"] != "train", trained["loss"]))


def headline_by_split(table: pd.DataFrame, value: str) -> Headline:
    """`value` of the last checkpoint for each split, with the reason where there is none."""
    found = last(table).set_index("split")
    return {split: _of_split(found, split, value) for split in SPLITS}


def _of_split(found: pd.DataFrame, split: str, value: str) -> float | Missing:
    if split not in found.index:
        return UNKNOWN_SPLIT
    if not found.loc[split, "rows"]:
        return Missing(f"this run has no {split} rows")
    return float(found[value][split])
