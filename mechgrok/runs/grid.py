"""The whole table of a task as tensors, in one of its bases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from mechgrok.data.table_size import require_memory
from mechgrok.models.forward.tables import Batch
from mechgrok.tasks.charts import Chart, chart
from mechgrok.tasks.task import Task

if TYPE_CHECKING:
    from mechgrok.data.corruptions.corruption import Labels

ROWS_AT_ONCE = 16_384
"""Rows in one forward pass, so that what it holds beside its results does not grow with p."""


@dataclass(frozen=True)
class Grid:
    """Rows of a table, their labels and phases as elements of a cyclic group; shared by all snapshots of a run.

    Attributes
    ----------
    task : Task
    chart : Chart
        The cyclic group whose elements are number tokens.

    Examples
    --------
    >>> grid = run.grid
    >>> grid.operands[12].tolist(), int(grid.labels[12]), int(grid.phase[12])
    ([1, 1], 2, 2)
    >>> grid.is_square, grid.counts.tolist() == [11] * 11
    (True, True)
    """

    task: Task
    chart: Chart
    rows: Tensor
    """Row numbers in the task's table (n,). In another chart than that of the tokens, rows are in the order of its elements, the last
    operand fastest."""
    operands: Tensor
    """The operands of every row as elements of the group (n, operands)."""
    labels: Tensor
    """The labels of the task as elements of the group (n,); -1 for a label outside it."""
    phase: Tensor
    """The element of the group whose characters the label follows (n,)."""
    subsets: Mapping[str, Tensor]
    """Row masks (n,) of "all", and of "train" and "test" where the split is known."""
    corrupted: Labels | None = None
    """The labels of the whole table, not only of these rows, where some were corrupted before training."""

    @classmethod
    def of(cls, task: Task, is_train: np.ndarray | None, corrupted: Labels | None = None) -> Grid:
        """The whole table of a task, with its tokens as elements of Z_p.

        Parameters
        ----------
        task : Task
        is_train : np.ndarray (n,), bool, or None
            The train mask; None where the split is unknown.
        corrupted : Labels, optional

        Returns
        -------
        Grid
        """
        require_memory(task)
        rows = torch.ones(task.row_count, dtype=torch.bool)
        subsets = {"all": rows}
        if is_train is not None:
            train = torch.from_numpy(is_train)
            subsets |= {"train": train, "test": ~train}
        plain = chart("additive", task.numbers)
        assert plain is not None
        labels, phase, operands = map(torch.from_numpy, (task.answers(), task.phase(), task.operands()))
        return cls(task, plain, torch.arange(len(rows)), operands, labels, phase, subsets, corrupted)

    def in_chart(self, other: Chart) -> Grid:
        """The rows whose operands lie in another chart, with its elements as operands and labels; the phase of a row is its label.

        Parameters
        ----------
        other : Chart

        Returns
        -------
        Grid
        """
        elements = torch.from_numpy(other.elements(self.task.numbers))
        operands = elements[self.operands]
        inside = torch.nonzero((operands >= 0).all(1))[:, 0]
        place = sum(operands[inside, i] * other.size**power for power, i in enumerate(reversed(range(operands.shape[1]))))
        rows = inside[torch.as_tensor(place).argsort(stable=True)]
        labels = elements[self.labels[rows]]
        subsets = {name: mask[rows] for name, mask in self.subsets.items()}
        return Grid(self.task, other, rows, operands[rows], labels, labels, subsets, self.corrupted)

    @property
    def p(self) -> int:
        """Order of the group that the rows are seen in."""
        return self.chart.size

    @cached_property
    def trained_labels(self) -> Tensor:
        """The labels of the training (n,): corrupted labels for the train rows that have one, `labels` for all other rows."""
        if self.corrupted is None:
            return self.labels
        return torch.from_numpy(self.chart.elements(self.task.numbers)[self.corrupted.trained])[self.rows]

    @cached_property
    def is_square(self) -> bool:
        """Whether row a * p + b is that of the elements a and b, for all pairs, so that a column is a (p, p) array."""
        a = torch.arange(self.p)
        return torch.equal(self.operands, torch.cartesian_prod(a, a))

    @cached_property
    def counts(self) -> Tensor:
        """Rows of each phase (p,)."""
        return torch.bincount(self.phase, minlength=self.p)

    @cached_property
    def batches(self) -> list[Batch]:
        """The rows, prepared for the forward pass, some at a time."""
        inputs = torch.from_numpy(self.task.inputs())[self.rows]
        return [Batch.of(rows) for rows in inputs.split(ROWS_AT_ONCE)]
