"""The tables that a measure is passed on a run."""

from __future__ import annotations

from mechgrok.measures.base.base_measure import BaseMeasure, Needed
from mechgrok.runs.run import Run


def needed(measure: BaseMeasure, run: Run, step: int) -> Needed:
    """The required tables for the table of a step, by the name that `compute` knows them under.

    Measures that use what was recorded are passed empty tables, as on a run of curves alone.
    """
    found = measure.needs(run, step)
    return {name: (each, ()) for name, (each, _) in found.items()} if uses_records(measure, run) else found


def uses_records(measure: BaseMeasure, run: Run) -> bool:
    """Whether a measure of curves uses recorded ones alone: without the module of the run, or where each checkpoint takes minutes."""
    return measure.of_curves and (run.lacks_module or (has_large_table(run) and not run.metrics.empty))


def has_large_table(run: Run) -> bool:
    """Whether each checkpoint takes passes through a table whose logits cannot be held at once."""
    if not run.steps:  # curves alone, which may name no task
        return False
    from mechgrok.runs.large import is_large

    return is_large(run.grid)
