"""The results in a run's folder, read without computing anything, and whether they still hold."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pandas as pd

from mechgrok.errors import UserError
from mechgrok.measures import registry, results
from mechgrok.measures.measure import Measure
from mechgrok.measures.outcomes import Null, Result
from mechgrok.measures.stamps import stamp
from mechgrok.runs.run import Run

_CHANGES = {
    "run": "the weights, the split or the config",
    "given": "the measures that it is based on",
    "measure": "its fields",
    "source": "the code that computes it",
    "software": "the versions of the software",
}


class Stored:
    """The stored results of one run; every file is read at most once."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._read = cache(self._read_table)
        self._fingerprint = cache(self._fingerprint_of_step)
        self._made_from = cache(self._made_from_beside_weights)

    def measures(self) -> dict[str, Measure | None]:
        """The measures with stored results by label; None for those that are not installed here."""
        known = {label: parsed(label) for label in results.stored_labels(self.run.path)}
        return {label: measure for label, measure in known.items() if measure is None or self.steps(measure)}

    def steps(self, measure: Measure) -> list[int]:
        """The checkpoints that have a readable table, ascending."""
        return [step for step in results.stored_steps(self.run.path, measure) if self._read(measure, step)]

    def result(self, measure: Measure) -> Result:
        """The tables of all checkpoints, and the null of the last of them."""
        found = [(step, self._read(measure, step)) for step in self.steps(measure)]
        tables = [table[0].assign(step=step) for step, table in found if table]
        return Result(measure, pd.concat(tables, ignore_index=True), self._null(measure))

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
        required = tuple((name, each, self._step_of(each, step)) for name, each in measure.requires.items())
        now = self._made_from(measure, required) | {"run": self._fingerprint(step)}
        return tuple(words for part, words in _CHANGES.items() if then.get(part) != now[part])

    def _made_from_beside_weights(self, measure: Measure, required: tuple[tuple[str, Measure, int], ...]) -> dict[str, Any]:
        holding = [each for each in required if self._read(*each[1:]) and not self._changes(*each[1:])]
        given = {name: found[0] for name, each, step in holding if (found := self._read(each, step))}
        parts: dict[str, Any] = json.loads(stamp(measure, "", given))
        return parts

    def _step_of(self, required: Measure, step: int) -> int:
        return self.run.last_step if required.at == "last" and self.run.steps else step

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
