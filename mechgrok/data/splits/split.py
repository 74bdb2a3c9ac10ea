"""The interface of a split: a rule that returns the train mask of a table, drawn number for number as in the published code."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Annotated, Any, Protocol, Self

import numpy as np
from pydantic import Field, model_validator

from mechgrok.config import NonNegativeInt, Part, PositiveInt
from mechgrok.errors import UserError


class TaskTable(Protocol):
    """The methods of a task that a split uses."""

    def units(self) -> np.ndarray: ...
    def operands(self) -> np.ndarray: ...


class Split(Part):
    """A rule that chooses the train rows.

    A subclass defines `kind` and `mask`. Most subclass `Shuffled` instead.

    Examples
    --------
    >>> from mechgrok.data.splits.torch_threshold import TorchThreshold
    >>> from mechgrok.tasks.modular import Modular
    >>> is_train = TorchThreshold(test_fraction=0.1).train_rows(Modular(p=5))
    >>> len(is_train), is_train.sum().item()  # permutation numbers 0, 1 and 2 are at most 0.1 * 25
    (25, 22)
    """

    @abstractmethod
    def mask(self, rows: int) -> np.ndarray:
        """Choose the train rows of a table by their number.

        Parameters
        ----------
        rows : int
            The number of rows, or of units where the task keeps rows together.

        Returns
        -------
        ndarray (rows,), bool
            True for train rows.
        """

    def train_rows(self, table: TaskTable) -> np.ndarray:
        """Choose the train rows of a task. The rule draws units, so the rows of one unit are all train or all test.

        Parameters
        ----------
        table : TaskTable
            The task, whose table has n rows.

        Returns
        -------
        ndarray (n,), bool
            True for train rows.
        """
        units = self._units(table)
        return self.mask(int(units.max()) + 1)[units]

    def _units(self, table: TaskTable) -> np.ndarray:
        """The unit of each row (n,), numbered from 0 without gaps."""
        units = table.units()
        # Sorting takes several times the memory of the units, and most tables have each row as a unit.
        return units if np.array_equal(units, np.arange(len(units))) else np.unique(units, return_inverse=True)[1].ravel()


class RandomSplit(Split):
    """A random split, optionally of unordered pairs."""

    seed: NonNegativeInt = 0
    """Seed of the shuffle; nothing else is drawn from it."""
    unordered: bool = False
    """Keep rows with the same operands in another order, (a, b) and (b, a), in the same split; drawn in the order of a <= b."""

    def _units(self, table: TaskTable) -> np.ndarray:
        units = super()._units(table)
        return _joined(units, np.sort(table.operands(), axis=1)) if self.unordered else units


class Shuffled(RandomSplit):
    """A split that trains on the first int(fraction * rows), or `count`, rows of a shuffled order.

    A subclass defines `kind` and `order`.

    Examples
    --------
    >>> from mechgrok.data.splits.python_shuffle import PythonShuffle
    >>> split = PythonShuffle(fraction=0.3, seed=0)
    >>> split.order(5)
    [2, 1, 0, 4, 3]
    >>> split.mask(5).tolist()  # int(0.3 * 5) = 1 row
    [False, False, True, False, False]
    """

    fraction: Annotated[float, Field(gt=0, le=1)] | None = 0.3
    """Share of the table that is trained on; None where `count` gives the number of rows."""
    count: PositiveInt | None = None
    """Number of rows (of a mixture: pairs) that are trained on; replaces the fraction."""

    @model_validator(mode="before")
    @classmethod
    def _count_instead_of_fraction(cls, values: Any) -> Any:
        return values | {"fraction": None} if isinstance(values, dict) and values.get("count") is not None else values

    @model_validator(mode="after")
    def _has_a_size(self) -> Self:
        if self.fraction is None and self.count is None:
            raise ValueError("fraction None needs count, the number of rows that are trained on")
        return self

    @abstractmethod
    def order(self, rows: int) -> list[int]:
        """Shuffle the row numbers.

        Parameters
        ----------
        rows : int
            The number of rows.

        Returns
        -------
        list of int
            A permutation of 0 to rows - 1, the same for the same `seed` in every version.
        """

    def size(self, rows: int, fraction: float) -> int:
        """Round a share of the rows to a number of rows.

        Parameters
        ----------
        rows : int
            The number of rows.
        fraction : float
            The share that is trained on.

        Returns
        -------
        int
        """
        return int(fraction * rows)

    def mask(self, rows: int) -> np.ndarray:
        chosen = np.zeros(rows, dtype=bool)
        chosen[self.order(rows)[: self._train(rows)]] = True
        return chosen

    def _train(self, rows: int) -> int:
        if self.fraction is None:
            assert self.count is not None
            if self.count > rows:
                raise UserError(f"split.count {self.count} is more than the {rows} rows of the table")
            return self.count
        train = self.size(rows, self.fraction)
        if train == 0:
            raise UserError(
                f"split.fraction {self.fraction} of {rows} rows leaves nothing to train on; use at least {math.ceil(1e4 / rows) / 1e4}"
            )
        return train


def _joined(units: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """The units (n,) after joining those that share a row key (n, m), numbered in the order of their smallest members."""
    of_key = np.unique(keys, axis=0, return_inverse=True)[1].ravel()
    joined, before = units, np.full_like(units, -1)
    while (joined != before).any():
        before = joined
        joined = _least(units, _least(of_key, joined))
    return np.unique(joined, return_inverse=True)[1].ravel()


def _least(group: np.ndarray, values: np.ndarray) -> np.ndarray:
    """For every row the smallest value in its group (n,)."""
    least = np.full(group.max() + 1, values.max())
    np.minimum.at(least, group, values)
    return least[group]
