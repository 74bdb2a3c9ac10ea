"""Which rows of the table are trained on: a boolean mask, drawn exactly as the published code draws it."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Annotated, Any, Protocol, Self

import numpy as np
from pydantic import Field, model_validator

from mechgrok.config import NonNegativeInt, Part, PositiveInt
from mechgrok.errors import UserError


class Table(Protocol):
    """The methods of a task that a split uses."""

    def units(self) -> np.ndarray: ...
    def operands(self) -> np.ndarray: ...


class Split(Part):
    """A rule that picks the train rows."""

    @abstractmethod
    def mask(self, rows: int) -> np.ndarray:
        """True for the train rows of a table with so many `rows`, shape (rows,)."""

    def train_rows(self, table: Table) -> np.ndarray:
        """True for the train rows of a task's table (n,). Rows of one unit of the task lie on the same side: the rule draws units."""
        units = self._units(table)
        return self.mask(int(units.max()) + 1)[units]

    def _units(self, table: Table) -> np.ndarray:
        """Units from 0 on without a gap (n,)."""
        return np.unique(table.units(), return_inverse=True)[1].ravel()


class RandomSplit(Split):
    """A rule that draws, each unordered pair as a whole where that is wanted."""

    seed: NonNegativeInt = 0
    """Seed of the shuffle, of nothing else."""
    unordered: bool = False
    """Keep rows with the same operands in another order, (a, b) and (b, a), on the same side; drawn in the order of a <= b."""

    def _units(self, table: Table) -> np.ndarray:
        units = super()._units(table)
        return _joined(units, np.sort(table.operands(), axis=1)) if self.unordered else units


class Shuffled(RandomSplit):
    """The first rows of a shuffled order are train: int(fraction * rows), or `count`."""

    fraction: Annotated[float, Field(gt=0, le=1)] | None = 0.3
    """Share of the table that is trained on; None where `count` says how many rows."""
    count: PositiveInt | None = None
    """How many rows (of a mixture: pairs) are trained on; it takes the place of the fraction."""

    @model_validator(mode="before")
    @classmethod
    def _count_instead_of_fraction(cls, values: Any) -> Any:
        return values | {"fraction": None} if isinstance(values, dict) and values.get("count") is not None else values

    @model_validator(mode="after")
    def _has_a_size(self) -> Self:
        if self.fraction is None and self.count is None:
            raise ValueError("fraction None needs a count: say how many rows are trained on")
        return self

    @abstractmethod
    def order(self, rows: int) -> list[int]:
        """The shuffled row numbers."""

    def size(self, rows: int, fraction: float) -> int:
        """How many of so many rows a fraction is."""
        return int(fraction * rows)

    def mask(self, rows: int) -> np.ndarray:
        chosen = np.zeros(rows, dtype=bool)
        chosen[self.order(rows)[: self._train(rows)]] = True
        return chosen

    def _train(self, rows: int) -> int:
        if self.fraction is None:
            assert self.count is not None
            if self.count > rows:
                raise UserError(f"split.count {self.count} is more than the table has; it has {rows} to draw from")
            return self.count
        train = self.size(rows, self.fraction)
        if train == 0:
            raise UserError(
                f"split.fraction {self.fraction} of {rows} rows leaves nothing to train on; use at least {math.ceil(1e4 / rows) / 1e4}"
            )
        return train


def _joined(units: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Units, those joined that hold a row with the same key (n, m), numbered in order of their smallest ones (n,)."""
    of_key = np.unique(keys, axis=0, return_inverse=True)[1].ravel()
    joined, before = units, np.full_like(units, -1)
    while (joined != before).any():
        before = joined
        joined = _least(units, _least(of_key, joined))
    return np.unique(joined, return_inverse=True)[1].ravel()


def _least(group: np.ndarray, values: np.ndarray) -> np.ndarray:
    """For every row the smallest of the values in its group (n,)."""
    least = np.full(group.max() + 1, values.max())
    np.minimum.at(least, group, values)
    return least[group]
