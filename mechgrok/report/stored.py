"""The results in a run's folder, read without computing anything, and whether they still hold."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

import pandas as pd

from mechgrok.engine import registry, results
from mechgrok.engine.analyze import checkpoints
from mechgrok.engine.outcomes import Null, Result
from mechgrok.engine.stamps import made_by, stamp
from mechgrok.errors import UserError
from mechgrok.measures.base.measure import Measure, RunMeasure
from mechgrok.runs.run import Run

_CHANGES = {
    "run": "the weights, the split or the config",
    "given": "the measures that it is based on",
    "measure": "its fields",
    "source": "the code that computes it",
    "software": "the versions of the software",
}


class Stored:
    """The stored results of one run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._read = cache(self._read_table)
        self._fingerprint = cache(self._fingerprint_of_step)
        self._whole = cache(run.whole_fingerprint)
        self._made_from = cache(self._made_from_beside_weights)

    def measures(self) -> dict[str, Measure | None]:
        """The measures with stored results by label; None for those that are not installed here."""
        known = {label: parsed(label) for label in results.stored_labels(self.run.path)}
        return {label: measure for label, measure in known.items() if measure is None or self.steps(measure)}

    def steps(self, measure: Measure) -> list[int]:
        """The checkpoints that have a readable table, ascending; for a measure of the run the one at which it was last computed."""
        found = [step for step in results.stored_steps(self.run.path, measure) if self._read(measure, step)]
        return found[-1:] if isinstance(measure, RunMeasure) else found

    def result(self, measure: Measure) -> Result:
        """The tables of all checkpoints, and the null of the last of them."""
        return Result(measure, self._over(measure, self.steps(measure)), self._null(measure))

    def _over(self, measure: Measure, steps: Iterable[int]) -> pd.DataFrame:
        """A measure's stored tables at some checkpoints as one; that of a measure of the run as it is."""
        found = {step: read[0] for step in steps if (read := self._read(measure, step))}
        return found.popitem()[1] if isinstance(measure, RunMeasure) else results.over(self.run.path, measure, list(found))

    def stale(self, measure: Measure) -> str | None:
        """What has changed since the results were computed, in words; None where nothing has."""
        steps = self.steps(measure)
        changes = [change for change in (self._changes(measure, step) for step in steps) if change]
        if not changes:
            return None
        what = " and ".join(dict.fromkeys(each for change in changes for each in change))
        where = "" if len(changes) == len(steps) else f", at {len(changes)} of {len(steps)} checkpoints"
        return f"{what} changed since this was computed{where}"

    def _changes(self, measure: Measure, step: int) -> tuple[str, ...]:
        found = self._read(measure, step)
        then: dict[str, Any] = json.loads(found[1]) if found else {}
        required = tuple((name, each, self._steps_of(measure, each, step)) for name, each in measure.requires.items())
        fingerprint = self._whole() if isinstance(measure, RunMeasure) else self._fingerprint(step)
        now = self._made_from(measure, required) | {"run": fingerprint}
        return tuple(words for part, words in _CHANGES.items() if then.get(part) != now.get(part))

    def _made_from_beside_weights(self, measure: Measure, required: tuple[tuple[str, Measure, tuple[int, ...]], ...]) -> dict[str, Any]:
        holding = [(name, each, steps) for name, each, steps in required if all(self._holds(each, step) for step in steps)]
        given = {name: self._given(measure, each, steps) for name, each, steps in holding}
        made = made_by(measure, self.run)
        parts: dict[str, Any] = json.loads(stamp(made or {}, "", given))
        return parts

    def _holds(self, measure: Measure, step: int) -> bool:
        return self._read(measure, step) is not None and not self._changes(measure, step)

    def _given(self, measure: Measure, required: Measure, steps: tuple[int, ...]) -> pd.DataFrame:
        """A required table as the engine hands it in: over all checkpoints for a measure of the run, bare for one of a checkpoint."""
        table = self._over(required, steps)
        return table if isinstance(measure, RunMeasure) else table.drop(columns="step")

    def _steps_of(self, measure: Measure, required: Measure, step: int) -> tuple[int, ...]:
        if isinstance(measure, RunMeasure) and (self.run.steps or self.run.curves_only):
            return tuple(checkpoints(self.run, required))
        return (self.run.last_step if required.at == "last" and self.run.steps else step,)

    def _null(self, measure: Measure) -> Null:
        found = self._read(measure, self.steps(measure)[-1])
        null, of = results.read_null(self.run.path, measure, self.steps(measure)[-1]) or ({}, "")
        return null if found and of.endswith(f"; {found[1]}") else {}

    def _read_table(self, measure: Measure, step: int) -> tuple[pd.DataFrame, str] | None:
        return results.read(self.run.path, measure, step)

    def _fingerprint_of_step(self, step: int) -> str:
        return self.run.fingerprint(step) if step in self.run.steps else "gone"


def parsed(label: str) -> Measure | None:
    """The measure of a label; None where it is not installed here."""
    try:
        return registry.parse(label)
    except UserError:
        return None
