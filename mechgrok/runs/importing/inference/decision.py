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
from mechgrok.runs.importing.inference.output_classes import classes_of_loss
from mechgrok.runs.importing.inference.recorded import EXACT, Recorded
from mechgrok.runs.importing.inference.search import IMPOSSIBLE, Search, Trial
from mechgrok.runs.importing.inference.verdict import LEARNT, Verdict, describe, judge, oddity
from mechgrok.runs.importing.networks.neurons import BY_MODULE
from mechgrok.runs.importing.networks.structure import State, Structure
from mechgrok.tasks.operations import FORMULAS

SIGNIFICANT = 1e-4
"""Probability of so many right rows by chance, times the readings and operations that were tried, below which a network has learnt."""
CONVINCING = 0.5
"""Accuracy above which a network computes an operation."""
DOUBTFUL = "DOUBTFUL"
"""The first word of notes on a reading that the evidence does not support."""
_FINALISTS = 16
_LATER = ("eps", "classes")
"""Options that change few answers or none, and are decided for the best readings alone."""


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
    varied = {name: values[:1] if name in _LATER else values for name, values in choices.items()}
    search = Search(structure, single, varied, operations)
    double = {name: tensor.double() for name, tensor in single.items()}
    found = Finalists(structure, double, search)
    verdict = _without_search(found, recorded) or _searched(found, choices, recorded)
    return _conventional(found) if verdict is None else _decision(verdict, len(search.tried), choices, recorded)


def _without_search(found: Finalists, recorded: Recorded) -> Verdict | None:
    """The conventional reading where the records are exactly its own, or where it answers most rows and nothing else is open."""
    search = found.search
    first = found.of(search.conventional, None)
    if recorded.gives_losses_of(first) and _is_significant(first, 1):
        return Verdict(first, ("the losses of the file are those of the conventional reading, so no other was tried",))
    is_open = any(len(values) > 1 for name, values in search.choices.items() if name not in ("row", "read"))
    if is_open or first.accuracy <= CONVINCING or not _is_significant(first, 1) or (recorded and not recorded.agreement_of(first)):
        return None
    return Verdict(first, ("the network answers most rows rightly in the conventional order, so no other was tried",))


def _searched(found: Finalists, choices: Mapping[str, Sequence[Any]], recorded: Recorded) -> Verdict | None:
    """The best of all readings; None where the network answers no more rows rightly than by chance under any."""
    trials = _distinct(found.search.run(), found.search.choices)
    finalists = found.around([trial.reading for trial in trials])
    if not any(_is_significant(each, len(found.search.tried)) for each in finalists):
        return None
    return judge(found.whole(finalists, choices, recorded), choices, recorded)


def _is_significant(finalist: Finalist, tried: int) -> bool:
    return finalist.log_tail <= math.log(SIGNIFICANT / tried / len(FORMULAS))


def _decision(verdict: Verdict, tried: int, choices: Mapping[str, Sequence[Any]], recorded: Recorded) -> Decision:
    """With the classes of the loss, which change no answer."""
    winner = verdict.winner
    value, notes = classes_of_loss(winner, choices["classes"], recorded)
    interpretation = Interpretation(winner.interpretation.structure, {**winner.reading, "classes": value})
    return Decision(interpretation, winner.operation, winner, tried, (*_doubts(verdict, recorded), *_told(verdict), *notes))


def _doubts(verdict: Verdict, recorded: Recorded) -> tuple[str, ...]:
    """A note on a network that may be none of those here, since it answers few rows or is not at rest, and no records confirm it."""
    winner, second = verdict.winner, verdict.second
    if recorded and recorded.agreement_of(winner) == EXACT:
        return ()
    if winner.accuracy <= LEARNT:
        cause = "so it has learnt its train rows alone, or computes something that no reading here does"
    elif not winner.is_at_rest:
        cause = "but its training is not at rest under it, so it may compute something that no reading here does"
    else:
        return ()
    share = f"{winner.accuracy:.1%} of all rows are right under this reading"
    return (f"{DOUBTFUL}: {share}, {cause}{_other(winner, second)}; in doubt {BY_MODULE}",)


def _other(winner: Finalist, second: Finalist | None) -> str:
    """The next reading and its flag."""
    if second is None:
        return ""
    flags = " ".join(f'--reading "{name}={value}"' for name, value in second.reading.items() if value != winner.reading[name])
    return f"; the next reading, {describe(second, winner)}, is right on {second.accuracy:.1%} ({flags})"


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
    doubt = f"{DOUBTFUL}: the labels of {finalist.operation} are right on {shares}"
    return Decision(finalist.interpretation, finalist.operation, finalist, len(search.tried), (note, doubt))


def _distinct(trials: Sequence[Trial], choices: Mapping[str, Sequence[Any]]) -> list[Trial]:
    """The strongest of readings with different logits, each in its conventional form."""
    possible = [trial for trial in trials if trial.z > IMPOSSIBLE]
    if not possible:
        raise UserError("no reading of the file's network can be computed; " + BY_MODULE)
    groups: dict[tuple[str, int, float], Trial] = {}
    for trial in possible:
        key = (trial.operation, trial.reading["row"].p, round(trial.z, 4))
        if key not in groups or oddity(trial.reading, choices) < oddity(groups[key].reading, choices):
            groups[key] = trial
    return list(groups.values())[:_FINALISTS]


def _told(verdict: Verdict) -> tuple[str, ...]:
    reading = verdict.winner.reading
    taken = ", ".join(f"{name} {value}" for name, value in reading.items() if name != "classes" and _matters(name, reading))
    return (f"reading: {taken}", *verdict.notes)


def _matters(name: str, reading: Mapping[str, Any]) -> bool:
    return name != "eps" or reading.get("normalization") is not None
