"""The tables of one run: computed at most once, stored, and read again while their stamps hold."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache, partial

import pandas as pd

from mechgrok.engine import stamps
from mechgrok.engine.needed import needed
from mechgrok.engine.results import Results
from mechgrok.engine.sources import Sources
from mechgrok.engine.stamps import Stamp
from mechgrok.engine.threads import MOST
from mechgrok.engine.unchanged import Unchanged
from mechgrok.errors import UnavailableError, require
from mechgrok.measures.base.measure import BaseMeasure
from mechgrok.measures.shared.obstacles import needs_checkpoints
from mechgrok.runs.run import Run

TABLES = 256
"""Tables in memory: those of a few checkpoints, and those of the last checkpoint that all others need."""


class Work:
    """The tables of one run."""

    def __init__(self, run: Run) -> None:
        self.run, self.results = run, Results(run.beside)
        self.snapshot = lru_cache(maxsize=MOST)(run.snapshot)
        # Caching these small tables fragments memory: they lie between large freed tensors, which then cannot be returned.
        self.table = lru_cache(maxsize=TABLES)(self._table)
        self.checkpoints = Unchanged(run)
        self.fingerprint = cache(self.checkpoints.fingerprint)
        self.whole_fingerprint = cache(self.checkpoints.whole_fingerprint)
        self._shared = cache(partial(stamps.shared, run=run, sources=Sources()))
        self._digest = cache(self._digest_of_table)
        self._not_finite = cache(self._first_not_finite)
        self._stored: dict[tuple[BaseMeasure, int], str] = {}
        self._unstored: dict[tuple[BaseMeasure, int], pd.DataFrame] = {}

    def obstacle(self, measure: BaseMeasure) -> str | None:
        """Why a measure, or something it requires, does not apply."""
        if self.run.curves_only:
            return None if measure.of_curves else needs_checkpoints(self.run)
        reasons = [measure.obstacle(self.run), *(self.obstacle(required) for required in measure.requires.values())]
        return next((reason for reason in reasons if reason), None)

    def given(self, measure: BaseMeasure, step: int) -> dict[str, pd.DataFrame]:
        """The tables that `compute` is passed for the table of a step."""
        tables = needed(measure, self.run, step).items()
        return {name: self._needed(each, steps, joined=measure.per_run) for name, (each, steps) in tables}

    def over_checkpoints(self, measure: BaseMeasure, steps: Sequence[int]) -> pd.DataFrame:
        """A measure's tables at some checkpoints as one, with the column `step`; that of a measure of the run as it is."""
        if measure.per_run and steps:
            return self.table(measure, steps[-1])
        if not self.is_stored(measure):
            return pd.concat([self.table(measure, step).assign(step=step) for step in steps], ignore_index=True)
        for step in steps:
            if (measure, step) not in self._stored:
                self.ensure(measure, step)
            elif self.results.stamp(measure, step) != self._stored[measure, step]:
                # Another analysis, of other code, has replaced what this one has stored.
                self._table(measure, step)
        return self.results.over(measure, steps)

    def ensure(self, measure: BaseMeasure, step: int) -> None:
        """Computes a measure's table at a step where none is stored that holds; a stored one is not read."""
        if self.is_stored(measure) and self.results.stamp(measure, step) == (made_from := self.stamp(measure, step)):
            self._stored[measure, step] = made_from
        else:
            self.table(measure, step)

    def is_stored(self, measure: BaseMeasure) -> bool:
        """Whether the tables of a measure are stored: all that they are computed from can be hashed."""
        return self._shared(measure) is not None

    def stamp(self, measure: BaseMeasure, step: int) -> str:
        """The stamp of a measure's table at a step, for a measure that is stored."""
        tables = needed(measure, self.run, step).items()
        given = {name: self._digest(each, steps, joined=measure.per_run) for name, (each, steps) in tables}
        return Stamp(self._shared(measure) or {}, stamps.own(measure.fingerprint(self, step), given)).text

    def _needed(self, measure: BaseMeasure, steps: tuple[int, ...], *, joined: bool) -> pd.DataFrame:
        return self.over_checkpoints(measure, steps) if joined else self.table(measure, steps[0])

    def _digest_of_table(self, measure: BaseMeasure, steps: tuple[int, ...], *, joined: bool) -> str:
        return stamps.table_digest(self._needed(measure, steps, joined=joined))

    def _table(self, measure: BaseMeasure, step: int) -> pd.DataFrame:
        if not self.is_stored(measure):
            if (measure, step) not in self._unstored:
                self._unstored[measure, step] = self._computed(measure, step)
            return self._unstored[measure, step]
        made_from = self.stamp(measure, step)
        table = self.results.load(measure, step, made_from)
        if table is None:
            table = self._computed(measure, step)
            self.checkpoints.require(self.run.steps if measure.per_run else [step])
            self.results.keep(measure, step, made_from, table)
        self._stored[measure, step] = made_from
        return table

    def _first_not_finite(self, step: int) -> str | None:
        """The first parameter of a checkpoint with an infinite value or NaN."""
        weights = self.snapshot(step).weights
        return next((name for name, weight in weights.items() if not weight.isfinite().all()), None)

    def _computed(self, measure: BaseMeasure, step: int) -> pd.DataFrame:
        # Sums leave NaN out and the largest of NaN is the first, so measures would give finite numbers of a network that has diverged.
        if not measure.per_run and (diverged := self._not_finite(step)):
            raise UnavailableError(f"{diverged} is not finite at step {step}; choose checkpoints from before the training diverged")
        if not measure.streams:
            # The system kills a process that takes more memory than there is, without a word.
            require(self.snapshot(step).lacks_memory)
        table = measure.compute(measure.subject(self, step), self.given(measure, step))
        if measure.any_columns:
            return table
        if set(table.columns) != set(measure.columns):
            raise TypeError(f"{measure.name} promises the columns {sorted(measure.columns)} and gave {sorted(table.columns)}")
        return table[list(measure.columns)]
