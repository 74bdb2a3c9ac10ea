"""The best readings and their neighbours on more rows, from one winner to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch

from mechgrok.runs.grid import ROWS_AT_ONCE
from mechgrok.runs.importing.inference.chance import expected_right
from mechgrok.runs.importing.inference.evidence import pair_index
from mechgrok.runs.importing.inference.finalists import Finalist
from mechgrok.runs.importing.inference.interpretation import Interpretation
from mechgrok.runs.importing.inference.recorded import Recorded
from mechgrok.runs.importing.inference.search import IMPOSSIBLE, Search, is_possible
from mechgrok.runs.importing.inference.verdict import rank
from mechgrok.runs.importing.networks.structure import Reading, State, Structure

_ROWS, _FEWEST, _NUMBERS = 1200, 400, 2 * 10**8
"""Rows on which all readings are compared, fewer for large networks: rows times parameters."""
_ROUNDS = 4
_COEFFICIENT = "attention_coefficient"
_NOT_COMPARED = ("row", "eps", "classes")
_KEPT = 12
"""Readings that are compared on the whole table."""


@dataclass(eq=False)
class Finalists:
    """Readings with their logits on part or all of the table, in float64."""

    structure: Structure
    state: State
    search: Search
    _made: dict[tuple[Any, ...], Finalist] = field(default_factory=dict)

    @cached_property
    def rows(self) -> int:
        """Rows of the table on which readings are compared."""
        return max(_FEWEST, min(_ROWS, _NUMBERS // sum(tensor.numel() for tensor in self.state.values())))

    def around(self, readings: Sequence[Reading]) -> list[Finalist]:
        """Some readings, the neighbours of the best of them, those of the best of all these, and so on."""
        found = [self.of(reading, self.rows) for reading in readings]
        best = rank(found)[0]
        for _ in range(_ROUNDS):
            found = list(self._made.values())
            more = [self.of(reading, self.rows) for reading in self.search.neighbours(best.reading)]
            before, best = best, rank([*found, *(each for each in more if each not in found)])[0]
            if best is before:
                break
        return list(self._made.values())

    def whole(self, finalists: Sequence[Finalist], choices: Mapping[str, Sequence[Any]], recorded: Recorded) -> list[Finalist]:
        """The best on the whole table; where the file has records, also with other values of eps, which they can tell apart."""
        best = rank(finalists)
        kept = [each for i, each in enumerate(best) if all(each.distance(other) > 1e-9 for other in best[:i]) or i < 3][:_KEPT]
        alike = [each for each in best if any(each.distance(other) <= 1e-9 for other in kept)]
        readings = [each.reading for each in {id(each): each for each in (*kept, *alike[:_KEPT])}.values()]
        # Attention without its pattern is right on all rows wherever a network that has none is read with one.
        usual = {**self.search.conventional, "row": best[0].reading["row"]}
        readings += [{**usual, _COEFFICIENT: value} for value in choices.get(_COEFFICIENT, ())[1:]]
        readings += self._nearer_to_convention(best[0].reading, choices)
        if recorded:
            readings += [{**each.reading, "eps": value} for each in best[:3] for value in choices.get("eps", ())[1:]]
        whole = len(Interpretation(self.structure, readings[0]).task.inputs()) <= self.rows
        return list(dict.fromkeys(self.of(reading, self.rows if whole else None) for reading in readings))

    def _nearer_to_convention(self, reading: Reading, choices: Mapping[str, Sequence[Any]]) -> list[Reading]:
        """The readings that have the conventional value of one option in which this one differs, whose losses are the margin."""
        unusual = [name for name, value in reading.items() if name not in _NOT_COMPARED and value != choices[name][0]]
        others = [{**reading, name: choices[name][0]} for name in unusual]
        return [each for each in others if is_possible(each) and self.search.trial(each).z > IMPOSSIBLE]

    def of(self, reading: Reading, most: int | None) -> Finalist:
        """A reading on at most so many rows of its table, for the operation with the strongest signal."""
        key = (*reading.values(), most)
        if key not in self._made:
            self._made[key] = self._finalist(reading, most)
        return self._made[key]

    def _finalist(self, reading: Reading, most: int | None) -> Finalist:
        interpretation, operation = Interpretation(self.structure, reading), self.search.trial(reading).operation
        task = interpretation.task.model_copy(update={"operation": operation})
        rows = np.random.default_rng(0).permutation(len(task.inputs()))[:most] if most else np.arange(len(task.inputs()))
        tokens, labels = torch.from_numpy(task.inputs()[rows]), torch.from_numpy(task.labels()[rows])
        with torch.no_grad():
            logits = torch.cat([interpretation.logits_of_many(self.state, each) for each in tokens.split(ROWS_AT_ONCE)])
        by_chance = expected_right(logits[:, : task.p].argmax(1), labels, task.p)
        return Finalist(interpretation, operation, logits, labels, by_chance, pair_index(task)[rows], tokens, self.state)
