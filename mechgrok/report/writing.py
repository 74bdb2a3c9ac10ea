"""Writes a run's report: the page, and the summary beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mechgrok.analysis import Analysis, suited
from mechgrok.engine.outcomes import Outcome
from mechgrok.errors import UserError, unwritten
from mechgrok.measures.families import QUESTIONS
from mechgrok.report import record, summary
from mechgrok.report.commands import analyzing
from mechgrok.report.entries import Entry, collect, family_of
from mechgrok.report.held import held
from mechgrok.report.page import render
from mechgrok.runs.run import Run
from mechgrok.runs.store import write


@dataclass(frozen=True)
class Report:
    """A report that has been written."""

    run: Path
    page: Path
    summary: dict[str, Any]
    left_out: tuple[str, ...] = ()
    """Labels of measures that have results here and are not installed."""


def write_report(run: Run, outcomes: Mapping[str, Outcome] | None = None) -> Report:
    """Writes `report/index.html` and `report/summary.json` from all stored results of a run, beside these.

    Parameters
    ----------
    run : Run
        The run.
    outcomes : mapping of str to Result, NotApplicable or Failure, optional
        As `analyze` returns them. They add what is not stored: failures, what does not apply, and measures of a notebook.

    Returns
    -------
    Report
        The folder of the run, the place of the page, the summary as plain data, and the labels of measures that are not installed here
        and were left out.

    Raises
    ------
    UserError
        Where the run has no results.

    Examples
    --------
    >>> report = mechgrok.write_report(run, mechgrok.analyze(run, ["gini"], nulls=0))
    >>> report.page.name, report.summary["measures"]["gini"]["status"]
    ('index.html', 'ok')
    """
    if not isinstance(run, Run):
        kind = type(run).__name__
        raise UserError(f"a page needs a run, not {kind}; mechgrok.record makes one of a module, mechgrok.open_run opens a folder")
    with _held(run.beside / "report"):
        return _written(run, outcomes or {})


@contextmanager
def _held(report: Path) -> Iterator[None]:
    """Holds the lock of the folder, so that page and summary are of one process."""
    with ExitStack() as after:
        try:
            after.enter_context(held(report))
        except OSError as error:
            elsewhere = "--results DIR, or open_run(..., results=DIR), is for results elsewhere"
            raise UserError(f"{unwritten(error, report)}; {elsewhere}") from None
        yield


def _written(run: Run, outcomes: Mapping[str, Outcome]) -> Report:
    record.update(run.beside, outcomes)
    chosen = suited(run.kind("task"), run.kind("corruption"))
    collected, left_out = collect(run, outcomes)
    entries = _in_order(collected, chosen)
    if not (entries or left_out):
        raise UserError(f"{run.path} has no stored results; make some with: {analyzing(run)}")
    found = summary.summarise(run, entries)
    page = run.beside / "report" / "index.html"
    write(page, render(found, entries, chosen, again=analyzing(run)).encode(), durable=False)
    write(page.with_name("summary.json"), summary.text(found).encode(), durable=False)
    return Report(run.path, page, found, left_out)


def _in_order(entries: Mapping[str, Entry], analysis: Analysis) -> dict[str, Entry]:
    """In the order of the analysis, the others after it by family and name."""
    first = [label for label in analysis.measures if label in entries]
    families = list(QUESTIONS)
    others = sorted(set(entries) - set(first), key=lambda label: (families.index(family_of(label)), label))
    return {label: entries[label] for label in [*first, *others]}
