"""Means over all, train and test rows, and what to say where the split is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mechgrok.measures.measure import Headline, Missing, last

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.grid import Grid

SPLITS = ("all", "train", "test")
UNKNOWN_SPLIT = Missing("the train split of this run is unknown")


def by_subset(grid: Grid, per_row: Tensor, trained: Tensor | None = None) -> pd.DataFrame:
    """Mean of a loss per row (n,) over each known split: columns split, rows, loss; NaN over no rows.

    Over the train rows it is the mean of `trained` (n,) where that is given: the loss against the labels that they were trained with.
    """
    of = {name: per_row if trained is None or name != "train" else trained for name in grid.subsets}
    means = [(name, int(mask.sum()), float(of[name][mask].mean())) for name, mask in grid.subsets.items()]
    return pd.DataFrame(means, columns=["split", "rows", "loss"])


def subset_headline(table: pd.DataFrame, value: str) -> Headline:
    """`value` of the last checkpoint for each split, with the reason where there is none."""
    found = last(table).set_index("split")
    return {split: _of_split(found, split, value) for split in SPLITS}


def _of_split(found: pd.DataFrame, split: str, value: str) -> float | Missing:
    if split not in found.index:
        return UNKNOWN_SPLIT
    if not found.loc[split, "rows"]:
        return Missing(f"this run has no {split} rows")
    return float(found[value][split])
