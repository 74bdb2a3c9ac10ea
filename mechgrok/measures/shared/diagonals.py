"""The two diagonals a + b and a - b of the table: the phase follows one, and rows of one phase differ in the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mechgrok.tasks.charts import chart

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.measures.base.basis import InBasis
    from mechgrok.runs.grid import Grid
    from mechgrok.runs.run import Run


def phase_sign(grid: Grid) -> int | None:
    """The sign s for which the phase is a + s b modulo p, in the grid's basis.

    Parameters
    ----------
    grid : Grid
        Of a task with two operands.

    Returns
    -------
    1, -1 or None
        None where the phase is neither the sum nor the difference.

    Examples
    --------
    >>> from mechgrok.measures.shared.diagonals import phase_sign
    >>> phase_sign(run.grid)
    1
    """
    a, b = grid.operands.T
    return next((sign for sign in (1, -1) if bool(((a + sign * b - grid.phase) % grid.p == 0).all())), None)


def other_diagonal(grid: Grid) -> Tensor:
    """The diagonal that the phase does not follow: a - b for addition, a + b for subtraction.

    Parameters
    ----------
    grid : Grid
        Of a task whose phase is the sum or the difference.

    Returns
    -------
    Tensor (n,)
        Elements of the group.

    Examples
    --------
    >>> from mechgrok.measures.shared.diagonals import other_diagonal
    >>> other_diagonal(run.grid)[:3].tolist()
    [0, 10, 9]
    """
    sign = phase_sign(grid)
    assert sign is not None, "the phase is no diagonal"
    a, b = grid.operands.T
    return (a - sign * b) % grid.p


def needs_diagonals(measure: InBasis, run: Run) -> str | None:
    """Obstacle of measures of functions of a + b and a - b.

    Parameters
    ----------
    measure : InBasis
    run : Run

    Returns
    -------
    str or None

    Examples
    --------
    >>> from mechgrok.measures.algorithms.distance_irrelevance import DistanceIrrelevance
    >>> from mechgrok.measures.shared.diagonals import needs_diagonals
    >>> needs_diagonals(DistanceIrrelevance(), run) is None
    True
    """
    grid = run.grid
    name = run.task.basis if measure.basis == "task" else measure.basis
    found = chart(name or "additive", run.task.numbers)
    assert found is not None
    sign = phase_sign(grid if name == grid.chart.basis else grid.in_chart(found))
    return None if sign else "the label is neither the sum nor the difference of the operands in this basis"
