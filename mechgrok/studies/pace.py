"""Grokking times of the runs of a study, and their ratios, censored where a run did not grok within its steps."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mechgrok.maths.curves.crossings import first_crossing
from mechgrok.runs.run import Run

ACCURACY, SUSTAINED = 0.99, 3
"""A run groks at the first of SUSTAINED evaluations in a row with at least this test accuracy."""


@dataclass(frozen=True)
class Time:
    """When a run grokked, or the last step at which it had not."""

    step: int | None
    until: int
    """Last step that was evaluated."""
    best: float
    """Highest test accuracy."""

    @classmethod
    def of(cls, run: Run, task: str = "") -> Time:
        """The time from the metrics recorded in training, those of one `task` for a mixture; the metrics must contain test rows."""
        test = run.metrics[run.metrics["split"] == (f"test-{task}" if task else "test")]
        step = first_crossing(test["step"], test["accuracy"], ACCURACY, sustained=SUSTAINED)
        return cls(step, int(test["step"].max()), float(test["accuracy"].max()))


Interval = tuple[float, float]
"""Bounds of a number."""


def ratio(own: Time, other: Time) -> Interval:
    """Bounds of own.step / other.step; a run that did not grok bounds its step from below by its last step."""
    first, second = _earliest(own), _earliest(other)
    low = 0.0 if other.step is None else first / second
    high = math.inf if own.step is None else first / second
    return low, high


def _earliest(time: Time) -> int:
    """At least 1, so that a run that is right from the beginning has a finite ratio."""
    return max(1, time.until if time.step is None else time.step)
