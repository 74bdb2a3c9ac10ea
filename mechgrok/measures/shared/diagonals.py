"""The two diagonals of the table of (a, b): for measures that tell rows with the same answer apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mechgrok.tasks.charts import chart

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.measures.base.basis import InBasis
    from mechgrok.runs.grid import Grid
    from mechgrok.runs.run import Run


def phase_sign(grid: Grid) -> int | None:
    """1 where the phase is a + b, -1 where it is a - b, None where it is neither; in the grid's basis."""
    a, b = grid.operands.T
    return next((sign for sign in (1, -1) if bool(((a + sign * b - grid.phase) % grid.p == 0).all())), None)


def other_diagonal(grid: Grid) -> Tensor:
    """The diagonal that the phase does not follow: a - b for addition, a + b for subtraction (n,)."""
    sign = phase_sign(grid)
    assert sign is not None, "the phase is no diagonal"
    a, b = grid.operands.T
    return (a - sign * b) % grid.p


def needs_diagonals(measure: InBasis, run: Run) -> str | None:
    """For measures of functions of a + b and a - b."""
    grid = run.grid
    name = run.task.basis if measure.basis == "task" else measure.basis
    found = chart(name or "additive", run.task.numbers)
    assert found is not None
    sign = phase_sign(grid if name == grid.chart.basis else grid.through(found))
    return None if sign else "the label is no sum and no difference of the operands in this basis"
