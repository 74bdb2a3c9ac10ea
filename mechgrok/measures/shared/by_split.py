"""Means over all, train and test rows, and the reasons where these are missing."""

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
    """Mean of a number of every row over each known split.

    Parameters
    ----------
    grid : Grid
    per_row : Tensor (n,)
        A loss or another number of every row of the grid.

    Returns
    -------
    DataFrame
        Columns split (all; train and test where known), rows (their number) and loss (the mean; NaN over no rows).

    Examples
    --------
    >>> from mechgrok.measures.shared.by_split import mean_by_split
    >>> mean_by_split(run.grid, torch.ones(121))["rows"].tolist()
    [121, 48, 73]
    """
    means = [(name, int(mask.sum()), float(per_row[mask].mean())) for name, mask in grid.subsets.items()]
    return pd.DataFrame(means, columns=["split", "rows", "loss"])


def mean_by_split_of_labels(grid: Grid, per_row: Callable[[Tensor], Tensor]) -> pd.DataFrame:
    """Mean of a number of every row and its label over each known split.

    Parameters
    ----------
    grid : Grid
    per_row : callable
        From labels (n,) to a number of every row (n,).

    Returns
    -------
    DataFrame
        As `mean_by_split`: train rows with the labels they were trained with; all and test rows with the true labels.

    Examples
    --------
    >>> from mechgrok.measures.shared.by_split import mean_by_split_of_labels
    >>> mean_by_split_of_labels(run.grid, lambda labels: (labels < 11).double())["loss"].tolist()
    [1.0, 1.0, 1.0]
    """
    table = mean_by_split(grid, per_row(grid.labels))
    if grid.corrupted is None:
        return table
    trained = mean_by_split(grid, per_row(grid.trained_labels))
    return table.assign(loss=table["loss"].where(table["split"] != "train", trained["loss"]))


def headline_by_split(table: pd.DataFrame, value: str) -> Headline:
    """A column of the last checkpoint for each split.

    Parameters
    ----------
    table : DataFrame
        Columns step, split, rows and `value`.
    value : str
        Name of the column.

    Returns
    -------
    dict
        Number, or the reason why it is missing, by split.

    Examples
    --------
    >>> from mechgrok.measures.shared.by_split import headline_by_split
    >>> headline_by_split(pd.DataFrame({"step": [0], "split": ["all"], "rows": [9], "loss": [2.4]}), "loss")["all"]
    2.4
    """
    found = last(table).set_index("split")
    return {split: _of_split(found, split, value) for split in SPLITS}


def _of_split(found: pd.DataFrame, split: str, value: str) -> float | Missing:
    if split not in found.index:
        return UNKNOWN_SPLIT
    if not found.loc[split, "rows"]:
        return Missing(f"this run has no {split} rows")
    return float(found[value][split])
