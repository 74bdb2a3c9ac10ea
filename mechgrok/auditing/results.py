"""Stored results, and whether they are of the present checkpoints, measures and software."""

from __future__ import annotations

from collections.abc import Iterator

from mechgrok.auditing.finding import Finding
from mechgrok.engine.results import RESULTS
from mechgrok.measures.base.measure import BaseMeasure
from mechgrok.report.commands import analyzing
from mechgrok.report.numbers import several
from mechgrok.report.stored import Stored, parsed
from mechgrok.runs.run import Run


def results(run: Run) -> Iterator[Finding]:
    """Results that cannot be read, do not hold any more, or are of a measure that is not installed: one finding for each reason."""
    stored = Stored(run)
    by_reason: dict[str, list[str]] = {}
    for label in stored.labels():
        measure = parsed(label)
        reason = _reason(stored, measure) if measure else "no measure of this name is installed here, so it cannot be checked"
        if reason:
            by_reason.setdefault(reason, []).append(label)
    for reason, labels in by_reason.items():
        yield Finding(RESULTS, f"{several(labels)}: {reason}; {analyzing(run)} computes what is installed again")


def _reason(stored: Stored, measure: BaseMeasure) -> str | None:
    steps = stored.steps(measure)
    if not steps:
        return "its tables cannot be read"
    gone = [step for step in steps if step not in stored.run.steps]
    if gone and not measure.per_run:
        return f"it has results of step {gone[0]}, and the run has no checkpoint there"
    return stored.stale(measure)
