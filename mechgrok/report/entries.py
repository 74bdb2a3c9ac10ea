"""What the report says of each measure: its numbers and figure, or why there are none."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import plotly.graph_objects as go

from mechgrok.engine import registry, results
from mechgrok.engine.outcomes import Null, Outcome, Result
from mechgrok.measures.base.measure import Measure, RunMeasure
from mechgrok.measures.families import family
from mechgrok.report import record
from mechgrok.report.facts import task_of
from mechgrok.report.labels import as_text
from mechgrok.report.stored import Stored, parsed
from mechgrok.runs.run import Run


@dataclass(frozen=True)
class Entry:
    """One measure in a report."""

    label: str
    title: str
    status: Literal["ok", "not-applicable", "failed"]
    caption: str = ""
    reference: str = ""
    step: int | None = None
    """The checkpoint that the headline is of; None for a measure of the whole run."""
    headline: Mapping[str, Any] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    null: Null = field(default_factory=dict)
    figure: go.Figure | None = None
    stale: str | None = None
    """What has changed since the result was computed."""
    reason: str = ""
    traceback: str = ""


def collect(run: Run, live: Mapping[str, Outcome]) -> dict[str, Entry]:
    """The entries of a run by label: its stored results, and what is recorded of measures without any.

    `live` outcomes are needed only of measures that are not installed: their stored tables cannot be drawn without them.
    """
    stored, recorded = Stored(run), record.read(run.path)
    absent = absent_measures(run, live)
    measures = {label: found for label, found in (dict.fromkeys(recorded, None) | stored.measures()).items() if label not in absent}
    required = _requirements(measure for measure in measures.values() if measure)
    shown = [label for label in measures if label in recorded or label not in required]
    return {label: _entry(label, measures[label], stored, recorded.get(label, {}), live.get(label)) for label in shown}


def absent_measures(run: Run, live: Mapping[str, Outcome]) -> list[str]:
    """Stored or recorded measures, by label, that are neither installed here nor live: those of a notebook, for example."""
    known = {**record.read(run.path), **dict.fromkeys(results.stored_labels(run.path))}
    return sorted(label for label in known if label not in live and parsed(label) is None)


def family_of(label: str) -> str:
    """The family of the measure of a label; `other` where no such measure is installed."""
    measure = registry.measures().get(label.partition("(")[0])
    return family(measure) if measure else "other"


def _requirements(measures: Iterable[Measure]) -> set[str]:
    """Measures that others are based on: stored, but not asked for."""
    return {required.label for measure in measures for required in measure.requires.values() if required.label != required.name}


def _entry(label: str, measure: Measure | None, stored: Stored, recorded: record.Record, live: Outcome | None) -> Entry:
    if recorded.get("status") in ("not-applicable", "failed"):
        return Entry(label=label, **recorded)  # type: ignore[arg-type]
    if measure is not None:
        task = task_of(stored.run)
        return _told(of_result(stored.result(measure), stored.stale(measure)), measure.left_out(task) if task else "")
    if isinstance(live, Result):
        return of_result(live, None)
    return Entry(label, label, "failed", reason="its stored tables are gone")


def _told(entry: Entry, left_out: str) -> Entry:
    return replace(entry, caption=f"{entry.caption} {left_out}".rstrip())


def of_result(result: Result, stale: str | None) -> Entry:
    """A result's entry; a measure that breaks while it sums up or draws is a failure of its own."""
    measure = result.measure
    broken = Entry(measure.label, measure.title, "failed", measure.caption(), measure.reference)
    try:
        return replace(
            broken,
            status="ok",
            step=None if isinstance(measure, RunMeasure) else int(result.table["step"].max()),
            headline=result.headline,
            missing=result.missing,
            null=result.null,
            figure=as_text(result.figure()),
            stale=stale,
        )
    except Exception as error:
        return replace(broken, reason=f"{type(error).__name__}: {error}", traceback=traceback.format_exc())
