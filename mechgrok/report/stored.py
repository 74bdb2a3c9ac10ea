"""The results in a run's folder, read without computing anything, and whether they still hold."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, partial

import pandas as pd

from mechgrok.engine import registry, results, stamps
from mechgrok.engine.needed import needed
from mechgrok.engine.outcomes import Null, Result
from mechgrok.engine.sources import Sources
from mechgrok.engine.stamps import Stamp
from mechgrok.errors import UserError
from mechgrok.measures.base.measure import BaseMeasure
from mechgrok.runs.run import Run


class Stored:
    """The stored results of one run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.fingerprint = cache(self._fingerprint_of_step)
        self.whole_fingerprint = cache(run.whole_fingerprint)
        self._results = results.Results(run.beside)
        self._shared = cache(partial(stamps.shared, run=run, sources=Sources()))
        self._given = cache(self._digests)

    def labels(self) -> list[str]:
        """The labels of the measures with stored results."""
        return results.stored_labels(self.run.beside)

    def steps(self, measure: BaseMeasure) -> list[int]:
        """The checkpoints that have a table, ascending; for a measure of the run the one at which it was last computed."""
        found = self._results.steps(measure)
        return found[-1:] if measure.per_run else found

    def holds_no_more_than(self, result: Result) -> bool:
        """Whether a result that was just computed has all steps of which there are stored tables."""
        if result.measure.per_run:
            return True
        return set(self._results.steps(result.measure)) <= set(result.table["step"])

    def result(self, measure: BaseMeasure) -> Result:
        """The tables of all checkpoints, and the null of the last of them."""
        steps = self.steps(measure)
        return Result(measure, self._over(measure, steps), self.null(measure, steps[-1]))

    def null(self, measure: BaseMeasure, step: int) -> Null:
        """The stored null at a step; empty where there is none that belongs to the stored table."""
        stamp = self._results.stamp(measure, step)
        null, of = results.read_null(self.run.beside, measure, step) or ({}, "")
        return null if stamp is not None and of.endswith(f"; {stamp}") else {}

    def stale(self, measure: BaseMeasure) -> str | None:
        """What has changed since the results were computed, in words; None where nothing has."""
        steps = self.steps(measure)
        changes = [change for change in (self._changes(measure, step) for step in steps) if change]
        if not changes:
            return None
        what = " and ".join(dict.fromkeys(each for change in changes for each in change))
        where = "" if len(changes) == len(steps) else f", at {len(changes)} of {len(steps)} checkpoints"
        return f"{what} changed since this was computed{where}"

    def _changes(self, measure: BaseMeasure, step: int) -> tuple[str, ...]:
        tables = needed(measure, self.run, step).items()
        given = self._given(measure.per_run, tuple((name, each, steps) for name, (each, steps) in tables))
        own = stamps.own(measure.fingerprint(self, step), given)
        return Stamp(self._shared(measure) or {}, own).changes(self._results.stamp(measure, step) or "")

    def _digests(self, joined: bool, needed: tuple[tuple[str, BaseMeasure, tuple[int, ...]], ...]) -> dict[str, str]:
        """The hashes of those required tables that are stored and hold, as the engine passes them to `compute`."""
        holding = [(name, each, steps) for name, each, steps in needed if all(self._holds(each, step) for step in steps)]
        return {name: stamps.table_digest(self._table(each, steps, joined=joined)) for name, each, steps in holding}

    def _holds(self, measure: BaseMeasure, step: int) -> bool:
        return self._results.stamp(measure, step) is not None and not self._changes(measure, step)

    def _table(self, measure: BaseMeasure, steps: tuple[int, ...], *, joined: bool) -> pd.DataFrame:
        """A required table: over all checkpoints for a measure of the run, without the column `step` for one of a checkpoint."""
        table = self._over(measure, steps)
        return table if joined else table.drop(columns="step")

    def _over(self, measure: BaseMeasure, steps: Iterable[int]) -> pd.DataFrame:
        """A measure's stored tables at some checkpoints as one; that of a measure of the run as it is."""
        there = [step for step in steps if self._results.stamp(measure, step) is not None]
        last = self._results.read(measure, there[-1]) if measure.per_run and there else None
        return self._results.over(measure, there) if last is None else last[0]

    def _fingerprint_of_step(self, step: int) -> str:
        return self.run.fingerprint(step) if step in self.run.steps else "gone"


def parsed(label: str) -> BaseMeasure | None:
    """The measure of a label; None where it is not installed here."""
    try:
        return registry.parse(label)
    except UserError:
        return None
