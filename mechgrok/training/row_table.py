"""The rows of a task as training reads them: kept where the table is small, else computed from their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from mechgrok.models.forward.tables import Batch
from mechgrok.tasks.parts import as_mixture

if TYPE_CHECKING:
    from mechgrok.data.corruptions.corruption import Labels
    from mechgrok.tasks.task import Task

MOST_KEPT = 2**20
"""Rows of a table that is kept although its rows could be computed; fewer are read faster than computed."""


@dataclass(frozen=True)
class PreparedRows:
    """Tokens (n, pos), the same prepared for the fast forward, and the indices of the rows of each task of a mixture."""

    tokens: Tensor
    batch: Batch
    tasks: Sequence[Tensor] = ()

    @classmethod
    def of(cls, tokens: Tensor, tasks: Sequence[Tensor] = ()) -> PreparedRows:
        """Prepares tokens (n, pos)."""
        return cls(tokens, Batch.of(tokens), tasks)


class RowTable:
    """Tokens and trained labels of rows by their numbers."""

    def __init__(self, task: Task, corrupted: Labels | None, device: torch.device) -> None:
        self._task, self._device = task, device
        computed = task.computes_rows and task.row_count > MOST_KEPT
        self._inputs = None if computed else task.inputs()
        self._labels = corrupted.trained if corrupted else None if computed else task.labels()
        mixture = as_mixture(task)
        self._of_row = mixture.task_of_row() if mixture else None

    def prepared(self, rows: np.ndarray) -> tuple[PreparedRows, Tensor]:
        """The rows (k,), prepared for the forward pass, and their labels (k,)."""
        inputs = self._task.inputs_at(rows) if self._inputs is None else self._inputs[rows]
        tasks = () if self._of_row is None else _places(self._of_row[rows], self._device)
        return PreparedRows.of(torch.from_numpy(inputs).to(self._device), tasks), torch.from_numpy(self.labels(rows)).to(self._device)

    def labels(self, rows: np.ndarray) -> np.ndarray:
        """The labels (k,) that the rows (k,) are trained with."""
        return self._task.labels_at(rows) if self._labels is None else self._labels[rows]


def _places(task_of_row: np.ndarray, device: torch.device) -> tuple[Tensor, ...]:
    """For each task that occurs, the indices of its rows."""
    return tuple(torch.from_numpy(np.flatnonzero(task_of_row == task)).to(device) for task in np.unique(task_of_row))
