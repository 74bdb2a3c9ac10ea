"""What became of a measure on a run: a result, not applicable, or a failure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from mechgrok.errors import UserError, nearest
from mechgrok.measures.base.measure import BaseMeasure, Missing
from mechgrok.plots import html
from mechgrok.plots.html import summary_line

Null = dict[str, dict[str, float | None]]


@dataclass(frozen=True)
class Result:
    """A measure's table over checkpoints.

    Attributes
    ----------
    measure : Measure or RunMeasure
        The measure, with its fields.
    table : DataFrame
        The columns of the measure and `step`; of a measure of a run its columns alone.
    null : dict of str to dict
        Of each number in the headline: "mean" over networks with relabelled tokens, and "z", its distance from it in their standard
        deviations (None where all of them agree).

    Examples
    --------
    >>> found = mechgrok.analyze(run, ["weight-norms"], nulls=0)["weight-norms"]
    >>> isinstance(found, mechgrok.Result), found.table["step"].unique().tolist()
    (True, [0, 20])
    """

    measure: BaseMeasure
    table: pd.DataFrame
    null: Null = field(default_factory=dict)

    def figure(self) -> go.Figure:
        """The measure's figure of this table."""
        return self.measure.plot(self.table)

    def series(self, key: str) -> pd.Series:
        """One number of the headline at every step of the table.

        Parameters
        ----------
        key : str
            A key of `headline`.

        Returns
        -------
        Series
            By step; NaN where the number is missing.

        Raises
        ------
        UserError
            For a number that the headline does not have, and for a measure of the whole run.
        """
        if key not in self.headline:
            raise UserError(f"{self.measure.label} has no number {key}{nearest(key, list(self.headline))}")
        if self.measure.per_run or "step" not in self.table:
            raise UserError(f"{self.measure.label} is a measure of the whole run, with one number for all steps; see its headline")
        values = {step: self.measure.headline(rows).get(key) for step, rows in self.table.groupby("step")}
        numbers = {step: float("nan") if isinstance(value, Missing) or value is None else value for step, value in values.items()}
        return pd.Series(numbers, name=key).rename_axis("step")

    @property
    def headline(self) -> dict[str, Any]:
        """The numbers worth quoting at the last checkpoint; None where it is missing (see `missing`)."""
        return {key: None if reason else value for key, (value, reason) in self._numbers.items()}

    @property
    def missing(self) -> dict[str, str]:
        """Why a headline is None, by its key."""
        return {key: reason for key, (_, reason) in self._numbers.items() if reason}

    def __repr__(self) -> str:
        return f"Result({self.measure.label}: {summary_line(self.headline)})"

    def _repr_html_(self) -> str:
        reasons = [f"{key}: {reason}" for key, reason in self.missing.items()]
        parts = [html.heading(self.measure.title, self.measure.label), self._drawn(), html.numbers(self.headline), html.lines(reasons)]
        return "".join([*parts, html.table_head(self.table)])

    def _drawn(self) -> str:
        """The figure; why it cannot be drawn, where a measure of the user breaks."""
        try:
            return html.figure(self.figure())
        except Exception as error:
            return html.lines([f"no figure: {type(error).__name__}: {error}"])

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
    """The measure does not apply to this run.

    Attributes
    ----------
    measure : Measure or RunMeasure
        The measure, with its fields.
    reason : str
        Why it does not apply.

    Examples
    --------
    >>> mechgrok.analyze(run, ["restricted-loss(keys=7)"])["restricted-loss(keys=7)"].reason
    'frequency 7 does not exist modulo 11; use 1 to 5'
    """

    measure: BaseMeasure
    reason: str

    def _repr_html_(self) -> str:
        return html.heading(self.measure.title, self.measure.label) + html.lines([f"not applicable: {self.reason}"])


@dataclass(frozen=True)
class Failure:
    """The measure raised an exception; the others are not affected.

    Attributes
    ----------
    measure : Measure or RunMeasure
        The measure, with its fields.
    traceback : str
        The traceback of the exception.

    Examples
    --------
    >>> mechgrok.Failure(None, "Traceback ...\\nZeroDivisionError: division by zero").reason
    'ZeroDivisionError: division by zero'
    """

    measure: BaseMeasure
    traceback: str

    @property
    def reason(self) -> str:
        """The error itself, the last line of the traceback."""
        return self.traceback.strip().splitlines()[-1]

    def __repr__(self) -> str:
        return f"Failure({self.measure.label}: {self.reason})" if self.measure else f"Failure({self.reason})"

    def _repr_html_(self) -> str:
        return html.heading(self.measure.title, self.measure.label) + html.lines([f"failed: {self.reason}"])


Outcome = Result | NotApplicable | Failure


class Outcomes(dict[str, Outcome]):
    """The outcomes of an analysis by the label of the measure.

    Parameters
    ----------
    found : mapping of str to Result, NotApplicable or Failure
        The outcomes.
    notes : sequence of str
        Of a network in memory, and of a run that was recorded from one: how it and its task fit. Why results could not be stored.
    stored : bool, default True
        Whether the results could be stored.

    Examples
    --------
    >>> found = mechgrok.analyze(run, ["weight-norms", "loss"], nulls=0)
    >>> found.frame()[["weight-norms total", "loss test"]].shape
    (2, 2)
    """

    def __init__(self, found: Mapping[str, Outcome] | None = None, notes: Sequence[str] = (), *, stored: bool = True) -> None:
        super().__init__(found or {})
        self.notes, self.stored = tuple(notes), stored

    def __repr__(self) -> str:
        lines = [f"{label}: {_line(found)}" for label, found in self.items()] or ["no outcomes"]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        return html.pairs({label: _line(found) for label, found in self.items()}) + html.lines(f"note: {note}" for note in self.notes)

    def frame(self) -> pd.DataFrame:
        """One wide table: a row a step, and a column for each number in a headline, `label key`.

        Measures of the whole run, and numbers that are lists or words, are left out.
        """
        results = [(label, found) for label, found in self.items() if isinstance(found, Result) and not found.measure.per_run]
        columns = {f"{label} {key}": found.series(key) for label, found in results for key in found.headline}
        numbers = {name: column for name, column in columns.items() if pd.api.types.is_numeric_dtype(column)}
        return pd.DataFrame(numbers).rename_axis("step")


def _line(found: Outcome) -> str:
    """An outcome in a line."""
    if isinstance(found, Result):
        return summary_line(found.headline)
    return f"{'not applicable' if isinstance(found, NotApplicable) else 'failed'}: {found.reason}"
