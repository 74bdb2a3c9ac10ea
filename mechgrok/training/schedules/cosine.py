"""A linear warm-up, then a decrease along half a cosine, then a constant rate."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from mechgrok.config import NonNegativeInt, PositiveInt
from mechgrok.training.schedules.schedule import RateSchedule


class Cosine(RateSchedule):
    """Linear warm-up to lr in `steps`, then lr * (floor + (1 - floor) * (1 + cos(pi t)) / 2) with t from 0 to 1 over `length` steps.

    After that the rate is lr * floor.
    """

    kind: Literal["cosine"] = "cosine"
    steps: NonNegativeInt = 10
    """Length of the warm-up; 0 for none."""
    length: PositiveInt = 100_000
    """Steps from the end of the warm-up to the lowest rate."""
    floor: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Lowest rate as a share of lr."""

    def factor(self, step: int) -> float:
        if step < self.steps:
            return step / self.steps
        passed = min((step - self.steps) / self.length, 1.0)
        return self.floor + (1 - self.floor) * (1 + math.cos(math.pi * passed)) / 2
