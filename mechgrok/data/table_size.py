"""The memory of a table and its split, checked before either is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mechgrok import memory

if TYPE_CHECKING:
    from mechgrok.tasks.task import Task


def require_memory(task: Task) -> None:
    """Raises UserError where the table of a task and its split need more memory than is free."""
    rows = task.most_rows
    memory.require(bytes_of_a_row(task) * rows, f"a table of {rows:,} rows", "choose a smaller p, or a part of the table")


def bytes_of_a_row(task: Task) -> int:
    """What a row takes at the peak: its operands, label and unit, its number in a shuffled list, and its tokens where these are kept."""
    return 60 if task.computes_rows else 105
