"""What became of a measure on a run: a result, not applicable, or a failure."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.measure import Measure, Missing

Null = dict[str, dict[str, float | None]]


@dataclass(frozen=True)
class Result:
    """A measure's table over checkpoints."""

    measure: Measure
    table: pd.DataFrame
    null: Null = field(default_factory=dict)
    """Mean over relabelled networks and z-score of each number in the headline."""

    def figure(self) -> go.Figure:
        """The measure's figure of this table."""
        return self.measure.plot(self.table)

    @property
    def headline(self) -> dict[str, Any]:
        """The numbers worth quoting at the last checkpoint; None where the run cannot tell (see `missing`)."""
        return {key: None if reason else value for key, (value, reason) in self._numbers.items()}

    @property
    def missing(self) -> dict[str, str]:
        """Why a headline is None, by its key."""
        return {key: reason for key, (_, reason) in self._numbers.items() if reason}

    @cached_property
    def _numbers(self) -> dict[str, tuple[Any, str | None]]:
        return {key: (value, _reason(value)) for key, value in self.measure.headline(self.table).items()}


def _reason(value: Any) -> str | None:
    if isinstance(value, Missing):
        return str(value)
    not_finite = isinstance(value, float) and not math.isfinite(value)
    return f"the value is {value}" if not_finite else None


@dataclass(frozen=True)
class NotApplicable:
    """The measure does not apply to this run."""

    measure: Measure
    reason: str


@dataclass(frozen=True)
class Failure:
    """The measure broke; the others did not."""

    measure: Measure
    traceback: str

    @property
    def reason(self) -> str:
        """The error itself, the last line of the traceback."""
        return self.traceback.strip().splitlines()[-1]


Outcome = Result | NotApplicable | Failure
