"""When the runs of a study grok, and which of them sooner, where some did not within their steps."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mechgrok.maths.curves.crossings import first_crossing
from mechgrok.runs.run import Run

ACCURACY, SUSTAINED = 0.99, 3
"""Grokked: the first of three evaluations in a row with such a test accuracy."""


@dataclass(frozen=True)
class Time:
    """When a run has grokked, or until when it had not."""

    step: int | None
    until: int
    """Last step that was evaluated."""
    best: float
    """Highest test accuracy."""

    @classmethod
    def of(cls, run: Run, task: str = "") -> Time:
        """From the metrics that were recorded while training, of a mixture those of a `task` of it; they have to hold test rows."""
        test = run.metrics[run.metrics["split"] == (f"test-{task}" if task else "test")]
        step = first_crossing(test["step"], test["accuracy"], ACCURACY, sustained=SUSTAINED)
        return cls(step, int(test["step"].max()), float(test["accuracy"].max()))


Interval = tuple[float, float]
"""What a number is known to lie between."""


def ratio(own: Time, other: Time) -> Interval:
    """own.step / other.step; where one of them is only known to come later than its last step, what that leaves."""
    first, second = _earliest(own), _earliest(other)
    low = 0.0 if other.step is None else first / second
    high = math.inf if own.step is None else first / second
    return low, high


def _earliest(time: Time) -> int:
    """Never 0, since a run that answers right from the beginning is not infinitely faster than another."""
    return max(1, time.until if time.step is None else time.step)
