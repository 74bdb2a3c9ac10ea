"""Runs measures over checkpoints: checkpoints outside, measures inside, so that they share what a snapshot computes."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache, partial
from itertools import chain

import pandas as pd

from mechgrok.engine import null, registry, results
from mechgrok.engine.outcomes import Failure, NotApplicable, Null, Outcome, Result
from mechgrok.engine.stamps import made_by, stamp
from mechgrok.engine.threads import MOST, visit_in_threads
from mechgrok.errors import UserError
from mechgrok.measures.base.measure import Measure, RunMeasure
from mechgrok.measures.shared.obstacles import needs_checkpoints
from mechgrok.runs.run import Run

Tick = Callable[[int, int], None]
"""Called after each checkpoint with the number of checkpoints done and their total."""
TABLES = 256
"""Tables in memory: those of a few checkpoints, and those of the last checkpoint that all others require."""


def analyze(
    run: Run,
    measures: Iterable[Measure | str] | str | None = None,
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
    work = _Work(run)
    todo = {measure: _steps(run, measure, steps) for measure in chosen if work.obstacle(measure) is None}
    failures = _walk(work, _with_required(run, todo), tick)
    finished = {measure: at for measure, at in todo.items() if measure not in failures and measure.has_null}
    nulled = null.nulls(work, {measure: at[-1] for measure, at in finished.items()}, nulls) if nulls else {}
    # The work and its caches hold each other; what a snapshot holds should not wait for the garbage collector.
    work.snapshot.cache_clear()
    return {measure.label: _outcome(work, measure, todo, failures, nulled) for measure in chosen}


class _Work:
    """Tables of one run, computed at most once, stored, and found again."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.snapshot = lru_cache(maxsize=MOST)(run.snapshot)
        # Caching these small tables fragments memory: they lie between large freed tensors, which then cannot be returned.
        self.table = lru_cache(maxsize=TABLES)(self._table)
        self._stored: set[tuple[Measure, int]] = set()
        self._unstored: dict[tuple[Measure, int], pd.DataFrame] = {}
        self._made_by = cache(partial(made_by, run=run))
        self._fingerprint = cache(run.fingerprint)
        self._whole = cache(run.whole_fingerprint)

    def obstacle(self, measure: Measure) -> str | None:
        """Why a measure, or something it requires, does not apply."""
        if self.run.curves_only:
            return None if measure.of_curves else needs_checkpoints(self.run)
        reasons = [measure.obstacle(self.run), *(self.obstacle(required) for required in measure.requires.values())]
        return next((reason for reason in reasons if reason), None)

    def given(self, measure: Measure, step: int) -> dict[str, pd.DataFrame]:
        """The tables that a measure requires at a step; those of all checkpoints for a measure of the run."""
        required = measure.requires.items()
        if isinstance(measure, RunMeasure):
            return {name: self.over_checkpoints(each, checkpoints(self.run, each)) for name, each in required}
        return {name: self.table(each, self.run.last_step if each.at == "last" else step) for name, each in required}

    def over_checkpoints(self, measure: Measure, steps: Sequence[int]) -> pd.DataFrame:
        """A measure's tables at some checkpoints as one; that of a measure of the run as it is."""
        if isinstance(measure, RunMeasure):
            return self.table(measure, steps[-1])
        for step in steps:
            if (measure, step) not in self._stored:
                self.table(measure, step)
        if self._made_by(measure) is None:
            return results.joined(measure, {step: self._unstored[measure, step] for step in steps})
        return results.over(self.run.path, measure, steps)

    def stamp(self, measure: Measure, step: int) -> str | None:
        """What a measure's table at a step is made from; None where nobody could tell later whether that is still the same."""
        made = self._made_by(measure)
        if made is None:
            return None
        fingerprint = self._whole() if isinstance(measure, RunMeasure) else self._fingerprint(step)
        return stamp(made, fingerprint, self.given(measure, step))

    def _table(self, measure: Measure, step: int) -> pd.DataFrame:
        made_from = self.stamp(measure, step)
        if made_from is None:
            if (measure, step) not in self._unstored:
                self._unstored[measure, step] = self._computed(measure, step)
            return self._unstored[measure, step]
        stored = results.load(self.run.path, measure, step, made_from)
        if stored is None:
            stored = self._computed(measure, step)
            results.save(self.run.path, measure, step, made_from, stored)
        self._stored.add((measure, step))
        return stored

    def _computed(self, measure: Measure, step: int) -> pd.DataFrame:
        subject = self.run if isinstance(measure, RunMeasure) else measure.view(self.snapshot(step))
        return _checked(measure, measure.compute(subject, self.given(measure, step)))


def _walk(work: _Work, todo: Mapping[Measure, Sequence[int]], tick: Tick | None) -> dict[Measure, str]:
    """Computes every table, those of the run after all others; gives the tracebacks of the measures that broke."""
    failures: dict[Measure, str] = {}
    every = sorted({step for steps in todo.values() for step in steps})
    of_run: dict[Measure, Sequence[int]] = {measure: steps for measure, steps in todo.items() if isinstance(measure, RunMeasure)}
    of_checkpoints = {measure: steps for measure, steps in todo.items() if measure not in of_run}
    visit = partial(_visit, work, of_checkpoints, failures)
    # The last checkpoint goes first, alone: expensive measures look only there, and all others need what is known of it.
    for done, _ in enumerate(chain(map(visit, every[-1:]), visit_in_threads(visit, every[:-1], work.run)), 1):
        if tick:
            tick(done, len(every))
    for step in every[-1:]:
        _visit(work, of_run, failures, step)
    return failures


def _visit(work: _Work, todo: Mapping[Measure, Sequence[int]], failures: dict[Measure, str], step: int) -> None:
    for measure in [measure for measure, steps in todo.items() if step in steps and measure not in failures]:
        try:
            work.table(measure, step)
        except UserError:
            raise
        except Exception:
            failures[measure] = traceback.format_exc()


def _outcome(
    work: _Work,
    measure: Measure,
    todo: Mapping[Measure, Sequence[int]],
    failures: Mapping[Measure, str],
    nulled: Mapping[Measure, Null],
) -> Outcome:
    if measure not in todo:
        return NotApplicable(measure, work.obstacle(measure) or "")
    if measure in failures:
        return Failure(measure, failures[measure])
    return Result(measure, work.over_checkpoints(measure, todo[measure]), nulled.get(measure, {}))


def _checked(measure: Measure, table: pd.DataFrame) -> pd.DataFrame:
    if set(table.columns) != set(measure.columns):
        raise TypeError(f"{measure.name} promises the columns {sorted(measure.columns)} and gave {sorted(table.columns)}")
    return table[list(measure.columns)]


def _with_required(run: Run, todo: Mapping[Measure, Sequence[int]]) -> dict[Measure, Sequence[int]]:
    """The measures of checkpoints, with what those of the run need of every checkpoint, and these after all of them."""
    of_run: dict[Measure, Sequence[int]] = {measure: steps for measure, steps in todo.items() if isinstance(measure, RunMeasure)}
    needed = {each: checkpoints(run, each) for measure in of_run for each in measure.requires.values()}
    of_checkpoints = {measure: steps for measure, steps in todo.items() if measure not in of_run}
    merged = {measure: sorted({*of_checkpoints.get(measure, []), *needed.get(measure, [])}) for measure in {**of_checkpoints, **needed}}
    return merged | of_run


def checkpoints(run: Run, measure: Measure) -> list[int]:
    """Where a measure looks unless steps are named; one of the run is kept under the last step, of curves alone that of their end."""
    if run.curves_only:
        return [int(run.metrics["step"].max())] if isinstance(measure, RunMeasure) else []
    last_only = measure.cost == "expensive" or isinstance(measure, RunMeasure)
    return [run.last_step] if last_only or not run.steps else run.steps


def _steps(run: Run, measure: Measure, steps: str | Sequence[int]) -> list[int]:
    if steps == "all" or isinstance(measure, RunMeasure):
        return checkpoints(run, measure)
    if steps == "last":
        return [run.last_step]
    if isinstance(steps, str) or not steps:
        raise UserError(f"steps {steps!r}: write all, last, or steps such as 0,100")
    for step in steps:
        run.weights_path(step)
    return sorted(set(steps))
