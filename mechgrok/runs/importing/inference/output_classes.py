"""The classes of the loss that a network was trained with, where its unembedding has more than the numbers."""

from __future__ import annotations

from collections.abc import Sequence

from mechgrok.runs.importing.inference.finalists import Finalist
from mechgrok.runs.importing.inference.recorded import Recorded
from mechgrok.runs.importing.networks.structure import ALL, NUMBERS, Structure

_EQUAL = 1e-6
"""Relative difference of the two losses below which the choice changes nothing that is shown."""
_PROBABILITY = 0.1
"""Of one other class, against a uniform distribution. At p = 11 and 23, after 50 to 1500 steps, networks trained over all classes have at
most .06, and logits of the other classes below the mean of the numbers; of nine networks trained over the numbers seven have more than
.09, or logits above that mean, and the two losses of the others differ by 5e-4 and 1e-11."""


def possible_classes(structure: Structure) -> tuple[str, ...]:
    """The values of the option `classes`, the conventional one first: torch's cross-entropy takes all classes that there are."""
    return (ALL, NUMBERS) if structure.outputs == structure.tokens else (NUMBERS,)


def classes_of_loss(winner: Finalist, possible: Sequence[str], recorded: Recorded) -> tuple[str, tuple[str, ...]]:
    """The classes by the recorded losses, else by the logits of the classes that are never a label; and a note where there is a choice."""
    if len(possible) == 1 or winner.all_logits.shape == winner.logits.shape:
        return (NUMBERS if winner.all_logits.shape == winner.logits.shape else possible[0]), ()
    value, reason = _by_records(winner, recorded) or _by_logits(winner)
    other = NUMBERS if value == ALL else ALL
    losses = f"loss {winner.loss_over_all:.6g} over all classes, {winner.loss:.6g} over the numbers"
    return value, (f'classes {value} rather than {other}{reason}: {losses}; --reading "classes={other}" takes the latter',)


def _by_records(winner: Finalist, recorded: Recorded) -> tuple[str, str] | None:
    right = int(winner.right.sum())
    every, numbers = (recorded.agreement(loss, right, winner.rows) for loss in (winner.loss_over_all, winner.loss))
    if not recorded or every == numbers:
        return None
    return ALL if every > numbers else NUMBERS, ", as the records of the file have it"


def _by_logits(winner: Finalist) -> tuple[str, str]:
    if abs(winner.loss_over_all - winner.loss) <= _EQUAL * winner.loss:
        return ALL, " by convention"
    avoided = _probability(winner) * winner.logits.shape[1] < _PROBABILITY and _below(winner) > 0
    return (ALL, ", since the network avoids the other classes") if avoided else (NUMBERS, ", since it does not avoid the other classes")


def _probability(winner: Finalist) -> float:
    """The mean probability of one of the other classes."""
    return float(winner.all_logits.softmax(1)[:, winner.logits.shape[1] :].mean())


def _below(winner: Finalist) -> float:
    """How far the logits of the other classes lie below the mean of the numbers, in standard deviations of the row; mean over rows."""
    others = winner.all_logits[:, winner.logits.shape[1] :].mean(1)
    return float(((winner.logits.mean(1) - others) / winner.logits.std(1)).mean())
