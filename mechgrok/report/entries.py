"""The entry of each measure in a report: its numbers and figure, or why there are none."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import plotly.graph_objects as go

from mechgrok.engine import registry, results
from mechgrok.engine.outcomes import Null, Outcome, Result
from mechgrok.measures.base.measure import BaseMeasure, Measure
from mechgrok.measures.families import family
from mechgrok.report import record
from mechgrok.report.commands import analyzing_any
from mechgrok.report.facts import task_of
from mechgrok.report.figures.frames import Frames, frames
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
    closeup: go.Figure | None = None
    """One part of the figure alone."""
    frames: Frames = field(default_factory=dict)
    """What the figure's panel of one checkpoint shows at other steps."""
    stale: str | None = None
    """What has changed since the result was computed."""
    reason: str = ""
    traceback: str = ""


GONE = "its stored tables are missing or broken"


def collect(run: Run, live: Mapping[str, Outcome]) -> tuple[dict[str, Entry], tuple[str, ...]]:
    """The entries of a run by label, and the labels that are left out because no measure of that name is installed.

    There is an entry for each outcome that is handed over (`live`), each stored result, and each measure that did not apply or failed.
    """
    stored, recorded = Stored(run), record.read(run.beside)
    labels = dict.fromkeys([*recorded, *stored.labels()])
    measures = {label: live[label].measure if label in live else parsed(label) for label in labels}
    there = {label: measure for label, measure in measures.items() if measure is not None}
    required = _requirements(there.values())
    shown = [label for label in there if label in recorded or label not in required]
    found = {label: _entry(label, there[label], stored, recorded.get(label, {}), live.get(label)) for label in shown}
    return {label: entry for label, entry in found.items() if entry}, tuple(label for label in measures if label not in there)


def absent_measures(run: Run, live: Mapping[str, Outcome]) -> list[str]:
    """Stored or recorded measures, by label, that are neither installed here nor live: those of a notebook, for example."""
    known = {**record.read(run.beside), **dict.fromkeys(results.stored_labels(run.beside))}
    return sorted(label for label in known if label not in live and parsed(label) is None)


def family_of(label: str) -> str:
    """The family of the measure of a label; `other` where no such measure is installed."""
    measure = registry.measures().get(label.partition("(")[0])
    return family(measure) if measure else "other"


def _requirements(measures: Iterable[BaseMeasure]) -> set[str]:
    """Measures that others are based on: stored, but not asked for."""
    return {required.label for measure in measures for required in measure.requires.values() if required.label != required.name}


def _entry(label: str, measure: BaseMeasure, stored: Stored, recorded: record.Record, live: Outcome | None) -> Entry | None:
    """None where a measure was only required by others and no table of it can be read."""
    if recorded.get("status") in ("not-applicable", "failed"):
        return Entry(label=label, **recorded)  # type: ignore[arg-type]
    task = task_of(stored.run)
    left_out = measure.left_out(task) if task else ""
    if isinstance(live, Result) and stored.holds_no_more_than(live):
        return _with_rows_left_out(of_result(_with_null(live, stored), None), left_out)
    if stored.steps(measure):
        return _with_rows_left_out(of_result(stored.result(measure), stored.stale(measure)), left_out)
    return Entry(label, label, "failed", reason=f"{GONE}; {analyzing_any(stored.run)} computes them again") if recorded else None


def _with_null(live: Result, stored: Stored) -> Result:
    """A result that was computed without a null, with the stored one."""
    if live.null or not live.measure.has_null:
        return live
    return replace(live, null=stored.null(live.measure, int(live.table["step"].max())))


def _with_rows_left_out(entry: Entry, left_out: str) -> Entry:
    return replace(entry, caption=f"{entry.caption} {left_out}".rstrip())


def of_result(result: Result, stale: str | None) -> Entry:
    """A result's entry; a measure that breaks while it sums up or draws is a failure of its own."""
    measure = result.measure
    broken = Entry(measure.label, measure.title, "failed", measure.caption(), measure.reference)
    try:
        return replace(
            broken,
            status="ok",
            step=None if measure.per_run else int(result.table["step"].max()),
            headline=result.headline,
            missing=result.missing,
            null=result.null,
            figure=as_text(result.figure()),
            closeup=_closeup(result),
            frames=frames(result),
            stale=stale,
        )
    except Exception as error:
        return replace(broken, reason=f"{type(error).__name__}: {error}", traceback=traceback.format_exc())


def _closeup(result: Result) -> go.Figure | None:
    drawn = result.measure.closeup(result.table) if isinstance(result.measure, Measure) else None
    return None if drawn is None else as_text(drawn)
