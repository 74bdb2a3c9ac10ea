"""What every outcome of a measure must hold, as a list of what it breaks."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from pandas.api.types import is_numeric_dtype

from mechgrok.engine.outcomes import NotApplicable, Outcome, Result
from mechgrok.measures.base.measure import RunMeasure


def broken_rules(outcome: Outcome, draw: bool = True) -> list[str]:
    """The rules that an outcome breaks; none for a sound result or a reason in words. Its figure is checked if it is to be drawn."""
    if isinstance(outcome, NotApplicable):
        return [] if len(outcome.reason.split()) > 3 else [f"a reason of few words: {outcome.reason!r}"]
    if not isinstance(outcome, Result):
        return [outcome.traceback]
    return [
        *_of_table(outcome),
        *_of_headline(outcome),
        *_of_null(outcome),
        *((*_of_figure(outcome), *_of_frames(outcome)) if draw else ()),
    ]


def look(result: Result) -> tuple[object, ...]:
    """What of a table decides which parts its figure has: the names in it, and which numbers are missing or vary.

    Figures are drawn from the table alone, so of tables that agree in this one is drawn.
    """
    columns = [result.table[name] for name in sorted(result.table.columns)]
    return tuple(
        (values.isna().any(), values.isna().all(), values.nunique() > 1) if is_numeric_dtype(values) else frozenset(values.astype(str))
        for values in columns
    )


def _of_table(result: Result) -> Iterator[str]:
    promised = {*result.measure.columns} if isinstance(result.measure, RunMeasure) else {*result.measure.columns, "step"}
    if set(result.table.columns) != promised:
        yield f"columns {sorted(result.table.columns)} where {sorted(promised)} are promised"


def _of_headline(result: Result) -> Iterator[str]:
    headline, missing = result.headline, result.missing
    json.dumps(headline, allow_nan=False)
    gaps = {key for key, value in headline.items() if value is None}
    if gaps != set(missing):
        yield f"gaps {sorted(gaps)} of the headline where {sorted(missing)} have reasons"
    yield from (f"reason {reason!r} of {key}" for key, reason in missing.items() if len(reason.split()) < 3 or "nan" in reason)


def _of_null(result: Result) -> Iterator[str]:
    numbers = [number for null in result.null.values() for number in null.values() if number is not None]
    if not all(map(math.isfinite, numbers)):
        yield f"a null that is not finite: {result.null}"


def _of_frames(result: Result) -> Iterator[str]:
    """The frame of a step holds what the figure of that step's table alone shows."""
    if result.measure.per_run:
        return
    for step, rows in result.table.groupby("step"):
        traces = result.measure.frame(rows)
        drawn = result.measure.plot(rows).data if traces else ()
        if len(traces) > len(drawn):
            yield f"{len(traces)} traces in the frame of step {step} where the figure has {len(drawn)}"
        for index, (trace, shown) in enumerate(zip(traces, drawn, strict=False)):
            yield from (
                f"{key} of trace {index} at step {step}" for key in trace if list(map(str, trace[key])) != list(map(str, shown[key]))
            )


def _of_figure(result: Result) -> Iterator[str]:
    figure = result.figure()
    if not figure.data:
        yield "a figure without data"
    axes: dict[str, Any] = {key: figure.layout[key] for key in figure.layout.to_plotly_json() if re.fullmatch(r"[xy]axis\d*", key)}
    yield from (f"{key} of the figure without a title" for key, axis in axes.items() if not axis.title.text)
