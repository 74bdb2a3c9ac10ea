"""When the test accuracy of a run moved, and when the run grokked."""

from __future__ import annotations

from dataclasses import dataclass

from mechgrok.maths.curves.crossings import first_crossing
from mechgrok.runs.run import Run

MOVED = 0.1
"""The test accuracy has moved at its first reading that is so much above chance, 1 / p."""
ACCURACY, SUSTAINED = 0.9, 3
"""A run groks at the first of so many readings in a row with this test accuracy. That is below the .99 of `studies/pace.py`: of the some
300 test rows modulo 31 the last few come and go under a strong decay."""


@dataclass(frozen=True)
class Outcome:
    """The steps of a run that a warning is judged by."""

    moved: int | None
    """The first reading of a test accuracy above 1 / p + MOVED."""
    grokked: int | None
    """The first of three readings in a row with a test accuracy of ACCURACY."""
    last: int
    """The last reading."""
    best: float
    """The highest test accuracy."""

    @classmethod
    def of(cls, run: Run) -> Outcome:
        """Those of the metrics recorded in training."""
        test = run.metrics[run.metrics["split"] == "test"]
        grokked = first_crossing(test["step"], test["accuracy"], ACCURACY, sustained=SUSTAINED)
        moved = first_crossing(test["step"], test["accuracy"], 1 / run.task.numbers + MOVED)
        return cls(moved, grokked, int(test["step"].max()), float(test["accuracy"].max()))

    def groks_within(self, step: int, horizon: int) -> bool | None:
        """Whether the run groks in the `horizon` steps after a step; None where it ends before that is known."""
        if self.grokked is not None:
            return step < self.grokked <= step + horizon
        return False if self.last >= step + horizon else None
