"""Runs measures over checkpoints: checkpoints outside, measures inside, so that they share what a snapshot computes."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import chain

from mechgrok.engine import null, registry
from mechgrok.engine.outcomes import Failure, NotApplicable, Null, Outcome, Result
from mechgrok.engine.threads import visit_in_threads
from mechgrok.engine.work import Work
from mechgrok.errors import UserError
from mechgrok.measures.base.measure import BaseMeasure, Measure
from mechgrok.runs.run import Run

Tick = Callable[[int, int], None]
"""Called after each checkpoint with the number of checkpoints done and their total."""
Plan = Mapping[BaseMeasure, Sequence[int]]
"""The steps at which each measure is computed."""


def analyze(
    run: Run,
    measures: Iterable[BaseMeasure | str] | str | None = None,
    *,
    steps: str | Sequence[int] = "all",
    nulls: int = 10,
    tick: Tick | None = None,
) -> dict[str, Outcome]:
    """The outcomes of measures on a run, by label.

    Results are stored in the run's folder and reused while their stamps hold. A measure that was defined in a notebook is stored only
    where all that its number depends on can be hashed; otherwise it is computed at each call.

    Parameters
    ----------
    run : Run
        The run, as `open_run` returns it.
    measures : iterable of Measure, RunMeasure or str, optional
        Measures, or their labels as on the command line; by default all cheap ones.
    steps : {"all", "last"} or sequence of int
        The checkpoints. With "all", expensive measures are computed at the last checkpoint only.
    nulls : int
        Networks with relabelled number tokens that each headline is compared with, at the last of the steps; 0 for none.
    tick : callable, optional
        Called after each checkpoint with the number of checkpoints done and their total.

    Returns
    -------
    dict of str to Result, NotApplicable or Failure
        In the order of `measures`.

    Raises
    ------
    UserError
        For an unknown measure, a step without a checkpoint, or a file of the run that cannot be read.

    Examples
    --------
    >>> found = mechgrok.analyze(run, ["weight-norms", "gini"], steps="last", nulls=0)
    >>> list(found)
    ['weight-norms', 'gini']
    >>> found["gini"].table["step"].unique().tolist()
    [20]
    """
    named = [measures] if isinstance(measures, str) else measures
    chosen = [registry.parse(each) if isinstance(each, str) else each for each in (named or registry.default())]
    work = Work(run)
    todo = {measure: _steps(run, measure, steps) for measure in chosen if work.obstacle(measure) is None}
    failures = _compute(work, _with_required(run, todo), tick)
    nulled = null.nulls(work, _compared(todo, failures), nulls) if nulls else {}
    # The work and its caches hold each other; what a snapshot holds should not wait for the garbage collector.
    work.snapshot.cache_clear()
    return {measure.label: _outcome(work, measure, todo, failures, nulled) for measure in chosen}


def _compared(todo: Plan, failures: Mapping[BaseMeasure, str]) -> dict[Measure, int]:
    """The measures whose headlines are compared with a null, and the step of the comparison."""
    there = {measure: steps for measure, steps in todo.items() if measure not in failures}
    return {measure: steps[-1] for measure, steps in there.items() if isinstance(measure, Measure) and measure.has_null}


def _compute(work: Work, todo: Plan, tick: Tick | None) -> dict[BaseMeasure, str]:
    """Computes every table, those of the run after all others; returns the tracebacks of the measures that broke."""
    failures: dict[BaseMeasure, str] = {}
    of_run, of_checkpoints = _split(todo)
    every = sorted({step for steps in todo.values() for step in steps})
    visit = partial(_visit, work, of_checkpoints, failures)
    # The last checkpoint comes first, alone: expensive measures are computed there only, and its tables are required by all others.
    for done, _ in enumerate(chain(map(visit, every[-1:]), visit_in_threads(visit, every[:-1], work.run)), 1):
        if tick:
            tick(done, len(every))
    for step in every[-1:]:
        _visit(work, of_run, failures, step)
    return failures


def _visit(work: Work, todo: Plan, failures: dict[BaseMeasure, str], step: int) -> None:
    for measure in [measure for measure, steps in todo.items() if step in steps and measure not in failures]:
        try:
            work.table(measure, step)
        except UserError:
            raise
        except Exception:
            failures[measure] = traceback.format_exc()


def _outcome(work: Work, measure: BaseMeasure, todo: Plan, failures: Mapping[BaseMeasure, str], nulled: Mapping[Measure, Null]) -> Outcome:
    if measure not in todo:
        return NotApplicable(measure, work.obstacle(measure) or "")
    if measure in failures:
        return Failure(measure, failures[measure])
    null = nulled.get(measure, {}) if isinstance(measure, Measure) else {}
    return Result(measure, work.over_checkpoints(measure, todo[measure]), null)


def _split(todo: Plan) -> tuple[Plan, Plan]:
    """The measures of the run, and those of checkpoints."""
    of_run = {measure: steps for measure, steps in todo.items() if measure.per_run}
    return of_run, {measure: steps for measure, steps in todo.items() if not measure.per_run}


def _with_required(run: Run, todo: Plan) -> Plan:
    """The plan, with all checkpoints of the measures that those of the run require."""
    of_run, of_checkpoints = _split(todo)
    needed = {each: each.steps(run) for measure in of_run for each in measure.requires.values()}
    merged = {measure: sorted({*of_checkpoints.get(measure, []), *needed.get(measure, [])}) for measure in {**of_checkpoints, **needed}}
    return merged | dict(of_run)


def _steps(run: Run, measure: BaseMeasure, steps: str | Sequence[int]) -> list[int]:
    if steps == "all" or measure.per_run:
        return measure.steps(run)
    if steps == "last":
        return [run.last_step]
    if isinstance(steps, str) or not steps:
        raise UserError(f"steps {steps!r}: write all, last, or steps such as 0,100")
    for step in steps:
        run.weights_path(step)
    return sorted(set(steps))
