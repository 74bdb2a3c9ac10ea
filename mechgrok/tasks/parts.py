"""The interfaces of tasks whose rows fall into parts, into several tasks, or into stages of training.

A task without parts implements none of them.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from mechgrok.tasks.task import Task, one_label_each


class WithParts(Task):
    """A task whose table has parts, each of which is evaluated and recorded separately.

    Examples
    --------
    >>> from mechgrok.tasks.mixture import Mixture
    >>> task = Mixture(operations=("add", "multiply"), p=5)
    >>> task.part_names, task.part_of_row().tolist() == [0] * 25 + [1] * 25
    (('add', 'multiply'), True)
    """

    @property
    @abstractmethod
    def part_names(self) -> tuple[str, ...]:
        """The names of the parts, in the order of their numbers."""

    @abstractmethod
    def part_of_row(self) -> np.ndarray:
        """The number of the part that each row belongs to (n,)."""


class Mixed(WithParts):
    """A table with the rows of several tasks, or those of one of them in the vocabulary of all.

    The training loss is the sum of the tasks' mean losses. The parts are the tasks, where there is more than one.

    Examples
    --------
    >>> from mechgrok.tasks.mixture import Mixture
    >>> task = Mixture(operations=("add", "multiply"), only="multiply", p=5)
    >>> task.task_names, task.part_names, len(task.labels()), len(task.of_all_tasks().labels())
    (('multiply',), (), 25, 50)
    """

    @property
    @abstractmethod
    def task_names(self) -> tuple[str, ...]:
        """The names of the tasks that have rows in the table."""

    @abstractmethod
    def task_of_row(self) -> np.ndarray:
        """The number of the task that each row belongs to, in the order of the names (n,)."""

    @abstractmethod
    def of_all_tasks(self) -> Mixed:
        """The same with the rows of all tasks that a network with this vocabulary was trained on."""

    @property
    def part_names(self) -> tuple[str, ...]:
        return self.task_names if len(self.task_names) > 1 else ()

    def part_of_row(self) -> np.ndarray:
        return self.task_of_row()

    @property
    def symmetric(self) -> bool:
        return one_label_each(np.column_stack([self.task_of_row(), np.sort(self.operands(), axis=1)]), self.labels())


class Staged(WithParts):
    """A task whose design decides which rows are trained on, and in which stage of training.

    Examples
    --------
    >>> from mechgrok.tasks.aliases import Aliases
    >>> task = Aliases(p=11, questions=5)
    >>> task.stages, sorted(set(task.stage_of_row().tolist()))
    (2, [-1, 0, 1])
    """

    @property
    @abstractmethod
    def stages(self) -> int:
        """The number of stages of training."""

    @abstractmethod
    def stage_of_row(self) -> np.ndarray:
        """The stage in which each row is trained on, 0 .. stages-1; -1 for a row of all stages (n,)."""

    @abstractmethod
    def trained_rows(self) -> np.ndarray:
        """True for the rows that are trained on (n,)."""


def as_mixture(task: Task) -> Mixed | None:
    """The task, where its table has the rows of more than one task; else None."""
    return task if isinstance(task, Mixed) and len(task.task_names) > 1 else None


def held_tokens(task: Task) -> set[int]:
    """The tokens that occur in the rows a network with this vocabulary is trained on: for a mixture, in the rows of all its tasks."""
    table = task.of_all_tasks() if isinstance(task, Mixed) else task
    return set(table.inputs().ravel().tolist()) - {-1}
