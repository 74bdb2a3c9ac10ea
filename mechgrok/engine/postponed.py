"""Measures of a run that wait for an analysis of all its checkpoints."""

from __future__ import annotations

from collections.abc import Sequence

from mechgrok.engine.needed import has_large_table, uses_records
from mechgrok.engine.work import Work
from mechgrok.measures.base.base_measure import BaseMeasure


def postponed(work: Work, measure: BaseMeasure, steps: str | Sequence[int]) -> str:
    """Why a measure of the run is not computed where only some steps were asked for; empty where it is.

    On a table whose logits cannot be held at once, what it needs at all other checkpoints would take minutes each.
    """
    run = work.run
    if steps == "all" or not measure.per_run or not has_large_table(run) or uses_records(measure, run):
        return ""
    asked = {run.last_step} if isinstance(steps, str) else set(steps)
    lacking = [each.label for each in measure.requires.values() if not each.per_run and _lacks(work, each, asked)]
    if not lacking:
        return ""
    labels, count, rows = ", ".join(lacking), len(run.steps), len(run.grid.rows)
    return f"it needs {labels} at all {count} checkpoints, on a table of {rows:,} rows; analyze it with --steps all"


def _lacks(work: Work, measure: BaseMeasure, asked: set[int]) -> bool:
    return any(work.results.stamp(measure, step) is None for step in measure.steps(work.run) if step not in asked)
