"""The tables that a measure is passed on a run."""

from __future__ import annotations

from mechgrok.measures.base.base_measure import BaseMeasure, Needed
from mechgrok.runs.run import Run


def needed(measure: BaseMeasure, run: Run, step: int) -> Needed:
    """The required tables for the table of a step, by the name that `compute` knows them under.

    A recorded run that is opened without its module has no logits. Measures of curves are then passed empty tables, as on a run of curves
    alone, and use what was recorded.
    """
    found = measure.needs(run, step)
    return {name: (each, ()) for name, (each, _) in found.items()} if measure.of_curves and run.lacks_module else found
