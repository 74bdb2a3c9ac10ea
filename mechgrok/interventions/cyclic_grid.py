"""The rows of a task's table as elements of the cyclic group that its label is a sum in."""

from __future__ import annotations

from collections.abc import Iterable

from mechgrok.errors import UserError
from mechgrok.runs.grid import Grid
from mechgrok.tasks.charts import chart
from mechgrok.tasks.task import Task


def cyclic_grid(task: Task) -> Grid:
    """The table of a task, in its own basis. Raises UserError where its numbers form no cyclic group."""
    found = task.basis and chart(task.basis, task.numbers)
    if not found:
        raise UserError("the number tokens of this task form no cyclic group, so there are no frequencies to ablate")
    plain = Grid.of(task, None)
    return plain if task.basis == "additive" else plain.in_chart(found)


def valid_frequencies(frequencies: Iterable[int], p: int) -> list[int]:
    """The frequencies in ascending order, each once. Raises UserError for one that does not exist in Z_p."""
    chosen = sorted(set(frequencies))
    outside = [k for k in chosen if not 1 <= k <= p // 2]
    if outside:
        raise UserError(f"frequency {outside[0]} does not exist modulo {p}; use 1 to {p // 2}")
    return chosen
