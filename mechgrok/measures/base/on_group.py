"""What the measures of finite groups share."""

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
    """A measure for tasks whose tokens are the elements of a finite group that is known by its multiplication table."""

    def obstacle(self, run: Run) -> str | None:
        if not isinstance(run.task, GroupTask):
            return "the task is not one of finite groups (kind group); for arithmetic modulo p look at frequencies"
        return super().obstacle(run)


def finite_group(snapshot: Snapshot) -> Group:
    """The group that the number tokens of a snapshot are the elements of."""
    task = snapshot.grid.task
    assert isinstance(task, GroupTask)
    return task.structure
