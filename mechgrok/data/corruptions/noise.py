"""The interface of a corruption of random train rows."""

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
    """New labels for random train rows, drawn without replacement. No row is a trigger.

    A subclass defines `kind` and `draw`, and inherits `count` from `ShareOfRows` or `NumberOfRows`.

    Examples
    --------
    >>> from mechgrok.data.corruptions.increment import Increment
    >>> from mechgrok.tasks.modular import Modular
    >>> labels = Increment(fraction=0.2).labels(Modular(p=5), is_train=np.ones(25, dtype=bool))
    >>> labels.poisoned.sum().item()
    5
    >>> ((labels.trained - labels.truth) % 5)[labels.poisoned].tolist()
    [1, 1, 1, 1, 1]
    """

    seed: NonNegativeInt = 0
    """Seed of the rows and of their new labels; nothing else is drawn from it."""

    @abstractmethod
    def count(self, train: int) -> int:
        """Compute the number of changed rows.

        Parameters
        ----------
        train : int
            The number of train rows.

        Returns
        -------
        int

        Raises
        ------
        UserError
            If that number is 0 or larger than the number of train rows.
        """

    @abstractmethod
    def draw(self, task: Task, is_train: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Draw the changed rows and their new labels.

        Parameters
        ----------
        task : Task
            The task, whose table has n rows.
        is_train : ndarray (n,), bool
            True for train rows.

        Returns
        -------
        rows : ndarray (k,), int
            Row numbers.
        labels : ndarray (k,), int
            The new label of each row.
        """

    def draw_rows(self, is_train: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Draw `count` train rows without replacement.

        Parameters
        ----------
        is_train : ndarray (n,), bool
            True for train rows.
        generator : Generator
            The generator made from `seed`.

        Returns
        -------
        ndarray (k,), int
            Row numbers.
        """
        train = np.flatnonzero(is_train)
        return generator.permutation(train)[: self.count(len(train))]

    def labels(self, task: Task, is_train: np.ndarray) -> Labels:
        truth, poisoned = task.labels(), np.zeros(len(is_train), dtype=bool)
        rows, new = self.draw(task, is_train)
        trained = truth.copy()
        trained[rows], poisoned[rows] = new, True
        return Labels(truth, trained, truth.copy(), poisoned, np.zeros_like(poisoned))


class ShareOfRows(Noise):
    """A corruption of int(fraction * number of train rows) train rows."""

    fraction: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Share of the train rows that are changed."""

    def count(self, train: int) -> int:
        found = int(self.fraction * train)
        if found == 0:
            least = math.ceil(1e4 / train) / 1e4
            raise UserError(f"corruption.fraction {self.fraction} of {train} train rows changes none; use at least {least}")
        return found


class NumberOfRows(Noise):
    """A corruption of a given number of train rows."""

    rows: PositiveInt = 100
    """Number of train rows that are changed (k)."""

    def count(self, train: int) -> int:
        if self.rows > train:
            raise UserError(f"corruption.rows {self.rows} is more than the {train} train rows; use 1 to {train}")
        return self.rows
