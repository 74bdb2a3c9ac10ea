"""The reading of a network: search, the last readings on the whole table, verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mechgrok.errors import UserError
from mechgrok.runs.importing.inference.comparison import Finalists
from mechgrok.runs.importing.inference.finalists import Finalist
from mechgrok.runs.importing.inference.interpretation import Interpretation
from mechgrok.runs.importing.inference.records import Recorded
from mechgrok.runs.importing.inference.search import Search, Trial
from mechgrok.runs.importing.inference.verdict import Verdict, judge, oddity
from mechgrok.runs.importing.networks.structure import State, Structure
from mechgrok.tasks.operations import FORMULAS

SIGNIFICANT = 1e-4
"""Probability of so many right rows by chance, times the readings and operations that were tried, below which a network has learnt."""
_FINALISTS = 16


@dataclass(frozen=True, eq=False)
class Decision:
    """A network under the reading that was chosen."""

    interpretation: Interpretation
    operation: str
    finalist: Finalist
    tried: int
    """Readings."""
    notes: tuple[str, ...]

    @property
    def probability(self) -> float:
        """Of so many right rows by chance, times readings and operations: a bound."""
        return min(1.0, math.exp(self.finalist.log_tail) * self.tried * len(FORMULAS))

    @property
    def is_significant(self) -> bool:
        """Whether the network answers more rows rightly than by chance."""
        return self.probability < SIGNIFICANT


def decide(
    structure: Structure, state: State, choices: Mapping[str, Sequence[Any]], operations: tuple[str, ...], recorded: Recorded
) -> Decision:
    """The reading of the last weights that is best among all that fit. Raises UserError where two are too close to tell."""
    single = {name: tensor.float() for name, tensor in state.items() if tensor.is_floating_point()}
    varied = {name: values if name != "eps" else values[:1] for name, values in choices.items()}
    search = Search(structure, single, varied, operations)
    trials = _distinct(search.run(), varied)
    double = {name: tensor.double() for name, tensor in single.items()}
    found = Finalists(structure, double, search)
    finalists = found.around([trial.reading for trial in trials], choices)
    if all(each.log_tail > math.log(SIGNIFICANT / len(search.tried) / len(FORMULAS)) for each in finalists):
        return _conventional(found)
    verdict = judge(found.whole(finalists, choices, recorded), choices, recorded)
    return Decision(verdict.winner.interpretation, verdict.winner.operation, verdict.winner, len(search.tried), _told(verdict))


def _conventional(found: Finalists) -> Decision:
    """The conventional reading, where the network shows no task under any."""
    search = found.search
    finalist = found.of(search.conventional, None)
    options = ", ".join(f"{name} {value}" for name, value in finalist.reading.items() if len(search.choices[name]) > 1)
    note = (
        f"under none of {len(search.tried)} readings the network answers more rows rightly than by chance, so the conventional one is "
        f"taken: {options}; --reading OPTION=VALUE corrects it"
    )
    shares = f"{finalist.accuracy:.1%} of the rows, by chance on {finalist.by_chance / finalist.rows:.1%}"
    doubt = f"DOUBTFUL: the labels of {finalist.operation} are right on {shares}"
    return Decision(finalist.interpretation, finalist.operation, finalist, len(search.tried), (note, doubt))


def _distinct(trials: Sequence[Trial], choices: Mapping[str, Sequence[Any]]) -> list[Trial]:
    """The strongest of readings with different logits, each in its conventional form."""
    if not trials or trials[0].z < 0:
        raise UserError("no reading of the file's network can be computed; hand the network itself to mechgrok.analyze(model, task=...)")
    groups: dict[tuple[str, int, float], Trial] = {}
    for trial in trials:
        key = (trial.operation, trial.reading["row"].p, round(trial.z, 4))
        if key not in groups or oddity(trial.reading, choices) < oddity(groups[key].reading, choices):
            groups[key] = trial
    return list(groups.values())[:_FINALISTS]


def _told(verdict: Verdict) -> tuple[str, ...]:
    reading = verdict.winner.reading
    taken = ", ".join(f"{name} {value}" for name, value in reading.items() if name != "classes")
    return (f"reading: {taken}", *verdict.notes)
