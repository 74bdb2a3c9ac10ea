"""Runs measures over checkpoints: checkpoints outside, measures inside, so that they share what a snapshot computes."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from itertools import chain
from numbers import Integral
from typing import Any, overload

from mechgrok import memory
from mechgrok.engine import null, registry
from mechgrok.engine.handed import Handed
from mechgrok.engine.needed import uses_records
from mechgrok.engine.outcomes import Failure, NotApplicable, Null, Outcome, Outcomes, Result
from mechgrok.engine.postponed import postponed
from mechgrok.engine.progress import Tick, shown
from mechgrok.engine.threads import one_by_one, visit_in_threads
from mechgrok.engine.work import Work
from mechgrok.errors import UnavailableError, UserError
from mechgrok.measures.base.measure import BaseMeasure, Measure
from mechgrok.runs.run import Run
from mechgrok.tasks.task import Task

Asked = Iterable[BaseMeasure | str | Callable[[Any], Any]] | BaseMeasure | str | Callable[[Any], Any] | None
"""Measures as a user names them."""
Plan = Mapping[BaseMeasure, Sequence[int]]
"""The steps at which each measure is computed."""
NO_MEMORY = "there was not enough memory for it; end other programs, or choose a smaller p"


@overload
def analyze(
    x: list[Any] | tuple[Any, ...],
    measures: Asked = None,
    *,
    task: Task | None = None,
    names: Mapping[str, str] | None = None,
    is_train: Any = None,
    steps: str | Sequence[int] = "all",
    nulls: int = 10,
    tick: Tick | None = None,
) -> dict[str, Outcomes]: ...
@overload
def analyze(
    x: Any,
    measures: Asked = None,
    *,
    task: Task | None = None,
    names: Mapping[str, str] | None = None,
    is_train: Any = None,
    steps: str | Sequence[int] = "all",
    nulls: int = 10,
    tick: Tick | None = None,
) -> Outcomes: ...
def analyze(
    x: Any,
    measures: Asked = None,
    *,
    task: Task | None = None,
    names: Mapping[str, str] | None = None,
    is_train: Any = None,
    steps: str | Sequence[int] = "all",
    nulls: int = 10,
    tick: Tick | None = None,
) -> Outcomes | dict[str, Outcomes]:
    """The outcomes of measures, by label: on a run, on several runs, or on a network in memory.

    Results on a run are stored in its folder and reused while their stamps hold. A measure that was defined in a notebook is stored only
    where all that its number depends on can be hashed; otherwise it is computed at each call.

    A network in memory is a torch module or any function from tokens (batch, pos) to logits (batch, classes) or (batch, pos, classes).
    Nothing of it is changed. Measures of logits and losses apply to every network. Those of embeddings, neurons and attention apply to a
    HookedTransformer, to a module in plain PyTorch that computes the same as a network of mechgrok (found by calling it with random
    weights), and to others where `names` gives the places. Relabelled networks, for the null, have tokens and classes permuted.

    Parameters
    ----------
    x : str, Path, Run, list or tuple of these, torch.nn.Module, or callable
        The folder of a run, a run as `open_run` returns it, several of them, or a network in memory.
    measures : iterable of Measure, RunMeasure, str or function, optional
        Measures, their labels as on the command line, or functions of a snapshot (see `measure`); by default all cheap ones but those
        of the analysis `everything` alone.
    task : Task, optional
        What a network in memory learns: its table of rows and labels; needed for such a network. A modulus is refused where the network
        answers the rows of a neighbouring one. Classes and tokens that the task does not have are in the `notes` of the outcomes.
    names : mapping of str to str, optional
        Places in a network in memory, by TransformerLens name: {"embed.W_E": "tok_emb.weight"}. A weight is a parameter, transposed by the
        kind of its layer or its shape, or as told by a trailing ".T". An activation is a submodule whose output it is, or whose input it
        is: "mlp.fc2.input". A parameter that does not move its own part of the network, at weights near those of the network, is refused.
    is_train : array, optional
        The train rows of a network in memory, as a mask or as row numbers; without it numbers of train and test rows are missing.
    steps : {"all", "last"} or sequence of int
        The checkpoints. With "all", expensive measures are computed at the last checkpoint only.
    nulls : int
        Networks with relabelled number tokens that each headline is compared with, at the last of the steps; 0 for none.
    tick : callable, optional
        Called after each checkpoint with the number of checkpoints done and their total; by default a progress bar in notebooks.

    Returns
    -------
    Outcomes, or dict of str to Outcomes
        Result, NotApplicable or Failure by label, in the order of `measures`; for several runs such outcomes by the path of the run.

    Raises
    ------
    UserError
        For an unknown measure, a step without a checkpoint, a file of the run that cannot be read, and a network that cannot be called
        or does not fit the task.

    Examples
    --------
    >>> found = mechgrok.analyze(run, ["weight-norms", "gini"], steps="last", nulls=0)
    >>> list(found)
    ['weight-norms', 'gini']
    >>> found["gini"].table["step"].unique().tolist()
    [20]

    A function that adds modulo 7 without an error:

    >>> def adds(tokens):
    ...     return 10.0 * torch.nn.functional.one_hot((tokens[:, 0] + tokens[:, 1]) % 7, 7)
    >>> found = mechgrok.analyze(adds, ["loss", "gini"], task=mechgrok.tasks.Modular(p=7), nulls=0)
    >>> found["loss"].headline["accuracy_all"]
    1.0
    >>> found["gini"].reason
    'the place of embed.W_E in the module is not known; give the parameter: names={"embed.W_E": ...}'
    """
    named = [measures] if isinstance(measures, str | BaseMeasure) or callable(measures) else measures
    chosen = [registry.as_measure(each) for each in named] if named is not None else registry.default()
    registry.require_distinct(chosen)
    subject = Handed(task, names, is_train)
    subject.require_steps(x, steps)
    if not isinstance(nulls, Integral) or nulls < 0:
        raise UserError(f"nulls is {nulls!r}; give the number of relabelled networks, 0 for none")
    with shown(tick) as show:
        if isinstance(x, list | tuple):
            return {str(run.path): _analyze(run, chosen, steps, nulls, show) for run in map(subject.run, x)}
        with subject.opened(x) as run:
            return _analyze(run, chosen, steps, nulls, show)


def _analyze(run: Run, chosen: Sequence[BaseMeasure], steps: str | Sequence[int], nulls: int, tick: Tick | None) -> Outcomes:
    work = Work(run)
    reasons = {measure: reason for measure in chosen if (reason := work.obstacle(measure) or postponed(work, measure, steps))}
    todo = {measure: _steps(run, measure, steps) for measure in chosen if measure not in reasons}
    renamed = null.made_before(work, _compared(todo, {}), nulls)
    try:
        broken = _compute(work, _with_required(run, todo), tick)
    finally:
        work.results.write()
    nulled, left_out = null.nulls(work, _compared(todo, broken), nulls, renamed) if nulls else ({}, [])
    # The work and its caches hold each other; what a snapshot holds should not wait for the garbage collector.
    work.snapshot.cache_clear()
    without = {measure: NotApplicable(measure, reason) for measure, reason in reasons.items()} | broken
    of_null = {measure: nulled.get(measure, {}) if isinstance(measure, Measure) else {} for measure in todo}
    found = {measure.label: without.get(measure) or _result(work, measure, todo[measure], of_null[measure]) for measure in chosen}
    unwritten = work.results.unwritten
    return Outcomes(found, [*run.notes, *left_out, *filter(None, [unwritten])], stored=not unwritten)


def _compared(todo: Plan, failures: Mapping[BaseMeasure, Outcome]) -> dict[Measure, int]:
    """The measures whose headlines are compared with a null, and the step of the comparison."""
    there = {measure: steps for measure, steps in todo.items() if measure not in failures}
    return {measure: steps[-1] for measure, steps in there.items() if isinstance(measure, Measure) and measure.has_null}


def _compute(work: Work, todo: Plan, tick: Tick | None) -> dict[BaseMeasure, Outcome]:
    """Computes every table, those of the run after all others; returns the outcomes of the measures that have no table."""
    failures: dict[BaseMeasure, Outcome] = {}
    of_run, of_checkpoints = _split(todo)
    every = sorted({step for steps in todo.values() for step in steps})
    visit = partial(_visit, work, {measure: frozenset(steps) for measure, steps in of_checkpoints.items()}, failures)
    # The last checkpoint comes first, alone: expensive measures are computed there only, and its tables are required by all others.
    for done, _ in enumerate(chain(map(visit, every[-1:]), visit_in_threads(visit, every[:-1], work.run)), 1):
        if one_by_one(work.run):
            work.snapshot.cache_clear()
        if tick:
            tick(done, len(every))
    for step in every[-1:]:
        _visit(work, of_run, failures, step)
    return failures


def _visit(work: Work, todo: Mapping[BaseMeasure, Collection[int]], failures: dict[BaseMeasure, Outcome], step: int) -> None:
    for measure in [measure for measure, steps in todo.items() if step in steps and measure not in failures]:
        try:
            work.ensure(measure, step)
        except UnavailableError as error:
            failures[measure] = NotApplicable(measure, str(error))
        except UserError:
            raise
        except Exception as error:
            failed = Failure(measure, traceback.format_exc())
            failures[measure] = NotApplicable(measure, NO_MEMORY) if memory.ran_out(error) else failed


def _result(work: Work, measure: BaseMeasure, steps: Sequence[int], null: Null) -> Outcome:
    try:
        found = Result(measure, work.over_checkpoints(measure, steps), null)
        # A headline that breaks would break the text of all outcomes.
        _ = found.headline
    except UserError:
        raise
    except Exception:
        return Failure(measure, traceback.format_exc())
    return found


def _split(todo: Plan) -> tuple[Plan, Plan]:
    """The measures of the run, and those of checkpoints."""
    of_run = {measure: steps for measure, steps in todo.items() if measure.per_run}
    return of_run, {measure: steps for measure, steps in todo.items() if not measure.per_run}


def _with_required(run: Run, todo: Plan) -> Plan:
    """The plan, with all checkpoints of the measures that those of the run require."""
    of_run, of_checkpoints = _split(todo)
    needed = {each: each.steps(run) for measure in of_run if not uses_records(measure, run) for each in measure.requires.values()}
    merged = {measure: sorted({*of_checkpoints.get(measure, []), *needed.get(measure, [])}) for measure in {**of_checkpoints, **needed}}
    return merged | dict(of_run)


def _steps(run: Run, measure: BaseMeasure, steps: str | Sequence[int]) -> list[int]:
    if steps == "all" or measure.per_run:
        return measure.steps(run)
    if steps == "last":
        return [run.last_step]
    if isinstance(steps, str) or not isinstance(steps, Collection) or not len(steps):
        raise UserError(f"steps {steps!r}: write all, last, or steps such as 0,100")
    for step in steps:
        run.weights_path(step)
    return sorted(set(steps))
