"""Trials of a grid: every row with every column."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mechgrok.analysis.study import Trial


def everywhere(row: str, column: str) -> bool:
    """The condition that holds for every place of a grid."""
    return True


def grid(rows: Mapping[str, str], columns: Mapping[str, str], where: Callable[[str, str], bool] = everywhere) -> tuple[Trial, ...]:
    """Trials that differ by their row and column.

    Parameters
    ----------
    rows : mapping of str to str
        The flags of each row, by its name.
    columns : mapping of str to str
        The command of each column, by its name, to which the flags of the row are added.
    where : callable
        Of row and column: whether the grid has this trial.

    Returns
    -------
    tuple of Trial
        Row by row.

    Examples
    --------
    >>> [trial.command for trial in grid({"a+b": "--task.operation add"}, {"scratch": "train demo"})]
    ['train demo --task.operation add']
    """
    return tuple(
        Trial(row, column, " ".join(filter(None, [command, flags])))
        for row, flags in rows.items()
        for column, command in columns.items()
        if where(row, column)
    )
