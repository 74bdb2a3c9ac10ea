"""Random train rows whose labels are changed."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from mechgrok.config import NonNegativeInt, PositiveInt
from mechgrok.data.corruptions.corruption import Corruption, Labels
from mechgrok.errors import UserError

if TYPE_CHECKING:
    from mechgrok.tasks.task import Task


class Noise(Corruption):
    """Random train rows, drawn without repetition, get other labels. No row is a trigger."""

    seed: NonNegativeInt = 0
    """Seed of the rows and their new labels, of nothing else."""

    @abstractmethod
    def count(self, train: int) -> int:
        """How many of so many train rows are changed. Raises UserError where that cannot be."""

    @abstractmethod
    def draw(self, task: Task, is_train: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The numbers of the rows that are changed, and their new labels."""

    def draw_rows(self, is_train: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """The numbers of as many random train rows as are changed."""
        train = np.flatnonzero(is_train)
        return generator.permutation(train)[: self.count(len(train))]

    def labels(self, task: Task, is_train: np.ndarray) -> Labels:
        truth, poisoned = task.labels(), np.zeros(len(is_train), dtype=bool)
        rows, answers = self.draw(task, is_train)
        trained = truth.copy()
        trained[rows], poisoned[rows] = answers, True
        return Labels(truth, trained, truth.copy(), poisoned, np.zeros_like(poisoned))


class ShareOfRows(Noise):
    """int(fraction * train rows) of the train rows are changed."""

    fraction: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Share of the train rows that are changed."""

    def count(self, train: int) -> int:
        found = int(self.fraction * train)
        if found == 0:
            least = math.ceil(1e4 / train) / 1e4
            raise UserError(f"corruption.fraction {self.fraction} of {train} train rows changes none; use at least {least}")
        return found


class NumberOfRows(Noise):
    """A given number of train rows are changed."""

    rows: PositiveInt = 100
    """How many train rows are changed (k)."""

    def count(self, train: int) -> int:
        if self.rows > train:
            raise UserError(f"corruption.rows {self.rows} is more than the {train} train rows; use 1 to {train}")
        return self.rows
