"""Base class of the measures of finite groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mechgrok.measures.base.measure import Measure
from mechgrok.tasks.group import GroupTask

if TYPE_CHECKING:
    from mechgrok.maths.algebra.groups import Group
    from mechgrok.runs.run import Run
    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class OnGroup(Measure):
    """Base class of measures for tasks whose number tokens are the elements of a finite group (task kind `group`).

    Examples
    --------
    >>> from mechgrok.measures.groups.irrep_shares import IrrepShares
    >>> IrrepShares().obstacle(run)
    'the task is not one of finite groups (kind group); for arithmetic modulo p compute the measures of frequencies'
    """

    def obstacle(self, run: Run) -> str | None:
        if not isinstance(run.task, GroupTask):
            return "the task is not one of finite groups (kind group); for arithmetic modulo p compute the measures of frequencies"
        return super().obstacle(run)


def finite_group(snapshot: Snapshot) -> Group:
    """The group whose elements are the number tokens of a snapshot.

    Parameters
    ----------
    snapshot : Snapshot
        Of a run of a task of kind `group`.

    Returns
    -------
    Group

    Examples
    --------
    >>> from mechgrok.measures.base.on_group import finite_group
    >>> from mechgrok.runs.grid import Grid
    >>> from mechgrok.runs.snapshot import Snapshot
    >>> from mechgrok.tasks.group import GroupTask
    >>> task = GroupTask(n=3)
    >>> finite_group(Snapshot(Grid.of(task, None), run.snapshot().architecture, {}, 0)).order
    6
    """
    task = snapshot.grid.task
    assert isinstance(task, GroupTask)
    return task.structure
