"""A linear warm-up, then a constant rate."""

from __future__ import annotations

from typing import Literal

from mechgrok.config import NonNegativeInt
from mechgrok.training.schedules.schedule import RateSchedule


class LinearWarmup(RateSchedule):
    """Learning rate lr * min(step / steps, 1), so step 0 does not change the weights."""

    kind: Literal["linear-warmup"] = "linear-warmup"
    steps: NonNegativeInt = 10
    """Length of the warm-up; 0 for none."""

    def factor(self, step: int) -> float:
        return min(step / self.steps, 1.0) if self.steps else 1.0
