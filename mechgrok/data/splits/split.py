"""Which rows of the table are trained on: a boolean mask, drawn exactly as the published code draws it."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Annotated

import numpy as np
from pydantic import Field

from mechgrok.config import Counting, Part
from mechgrok.errors import UserError


class Split(Part):
    """A rule that picks the train rows."""

    @abstractmethod
    def mask(self, rows: int) -> np.ndarray:
        """True for the train rows of a table with so many `rows`, shape (rows,)."""


class Shuffled(Split):
    """The first int(fraction * rows) of a shuffled order are train."""

    fraction: Annotated[float, Field(gt=0, le=1)] = 0.3
    """Share of the table that is trained on."""
    seed: Counting = 0
    """Seed of the shuffle, of nothing else."""

    @abstractmethod
    def order(self, rows: int) -> list[int]:
        """The shuffled row numbers."""

    def mask(self, rows: int) -> np.ndarray:
        train = int(self.fraction * rows)
        if train == 0:
            raise UserError(
                f"split.fraction {self.fraction} of {rows} rows leaves nothing to train on; use at least {math.ceil(1e4 / rows) / 1e4}"
            )
        chosen = np.zeros(rows, dtype=bool)
        chosen[self.order(rows)[:train]] = True
        return chosen
