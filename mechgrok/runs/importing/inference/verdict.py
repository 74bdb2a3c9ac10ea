"""The reading that the evidence supports, and how far it is ahead of the others."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mechgrok.errors import UserError
from mechgrok.runs.importing.inference.chance import sign_test
from mechgrok.runs.importing.inference.finalists import Finalist
from mechgrok.runs.importing.inference.recorded import EXACT, Recorded
from mechgrok.runs.importing.networks.neurons import BY_MODULE

EQUAL = 1e-6
"""Relative distance of the log probabilities of two readings that are one."""
ALIKE = 0.1
"""Relative distance below which the conventional one of two readings that nothing tells apart is taken."""
MARGIN = 0.1
"""Difference of scores above which the evidence decides."""
_NEARLY_ONE, _LARGE = 0.05, 0.5
"""A distance below which scores differ by chance, since training has not settled so far, and the difference above which they do not."""
_UNDERFLOW = 1e-9
"""A probability of wrong answers that leaves nothing of gradients but rounding."""
_FLAT, _LOSS = 0.5, 10.0
"""A probability of wrong answers above which margins are those of flat logits, so that ln of the loss, times this, decides."""
_SCALE = 3.0
"""The standard deviation of logits at which losses are compared."""
_FEWER, _FAR = 0.85, 3.0
"""Of the most right rows, the share of those of a reading that a difference of scores may put before it, and this difference."""
_NEAR = 3.0
"""Difference of scores within which slopes are computed."""
LEARNT = 0.9
"""Accuracy over all rows above which a network has not only memorised, so that its loss over all rows means something."""
_SURE = 0.01
"""Of the sign test on rows that are right in one reading only."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """The chosen reading, and a sentence on each option that evidence or convention decided."""

    winner: Finalist
    notes: tuple[str, ...]
    second: Finalist | None = None
    """The best of the readings with other logits."""


def judge(finalists: Sequence[Finalist], choices: Mapping[str, Sequence[Any]], recorded: Recorded) -> Verdict:
    """The best of some readings. Raises UserError where two that differ in what they answer are equally good."""
    level = {each: recorded.agreement_of(each) if recorded else 1 for each in finalists}
    most = max(level.values())
    able = _with_rested(_as_right([each for each in finalists if level[each] == most]), finalists if most < EXACT else ())
    score = _scores(able)
    ranked = rank(able)
    first = ranked[0]
    rivals = [each for each in ranked if _is_as_good(each, first, score)]
    alike = [each for each in rivals if most == EXACT or first.distance(each) < ALIKE]
    winner = min(alike, key=lambda each: oddity(each.reading, choices))
    share = _share(able)
    better = (each for each in able if _is_plainly_better(each, winner, choices, share))
    winner = min(better, key=lambda each: each.loss, default=winner)
    winner = min((each for each in able if _is_far_surer(each, winner)), key=lambda each: each.loss, default=winner)
    other = next((each for each in rivals if each not in alike and each is not winner), None)
    if other is not None and most < EXACT:
        raise UserError(_too_close(winner, other))
    others = [each for each in finalists if each is not winner]
    second = next((each for each in [*ranked, *others] if not _is_one(winner, each) and each is not winner), None)
    return Verdict(winner, _notes(winner, others, score, level, most), second)


def _is_as_good(one: Finalist, first: Finalist, score: Mapping[Finalist, float]) -> bool:
    """Whether the losses do not tell two readings apart: nearly equal, or those of nearly equal functions."""
    behind = score[one] - score[first]
    return behind <= MARGIN or (first.distance(one) < _NEARLY_ONE and behind <= _LARGE)


def _is_plainly_better(one: Finalist, other: Finalist, choices: Mapping[str, Sequence[Any]], share: float) -> bool:
    """Whether a reading is nearer to convention than another one, and has no fewer right rows and no larger loss, over all rows and over
    those that all answer rightly: the loss over all rows alone may be that of the few wrong ones."""
    conventional = oddity(one.reading, choices) < oddity(other.reading, choices)
    losses = one.loss <= other.loss and one.least(share) <= other.least(share)
    return conventional and one.accuracy >= max(other.accuracy, LEARNT) and losses


def _is_far_surer(one: Finalist, other: Finalist) -> bool:
    """Whether a reading of the same neurons is right on all rows, as another one is, with a loss that is lower by a factor of a hundred."""
    same = all(one.reading.get(name) == other.reading.get(name) for name in ("activation", "gate", "normalization"))
    return same and one.accuracy == other.accuracy == 1 and one.loss < other.loss / 100


def _share(finalists: Sequence[Finalist]) -> float:
    """The share of rows that all of these answer rightly, in steps of .05."""
    return math.floor(20 * min(each.accuracy for each in finalists)) / 20


def rank(finalists: Sequence[Finalist]) -> list[Finalist]:
    """Those that are right on as many rows as the best, the one with the least loss first; then the others."""
    able = _as_right(finalists)
    score = _scores(able)
    others = [each for each in finalists if each not in score]
    return [*sorted(able, key=lambda each: score[each]), *sorted(others, key=lambda each: -each.accuracy)]


def oddity(reading: Mapping[str, Any], choices: Mapping[str, Sequence[Any]]) -> tuple[int, int]:
    """How far a reading is from convention: options that are not the first of their choices, and their places."""
    places = [list(values).index(reading[name]) for name, values in choices.items()]
    return sum(place > 0 for place in places), sum(places)


def _as_right(finalists: Sequence[Finalist]) -> list[Finalist]:
    """Those that are right on as many rows as the best, up to chance."""
    best = max(finalists, key=lambda each: (each.accuracy, -each.loss))
    return [each for each in finalists if not _is_worse(each, best) and not _is_beaten(each, best)]


def _with_rested(able: Sequence[Finalist], finalists: Sequence[Finalist]) -> list[Finalist]:
    """Those that are right on the most rows; instead one that is right on fewer, if its score is far better: it is then the function that
    was trained, and others may answer more test rows rightly, such as the squares of a perceptron's neurons."""
    best = max(each.accuracy for each in able)
    fewer = [each for each in finalists if each not in able and each.accuracy >= _FEWER * best]
    if not fewer:
        return list(able)
    score = _scores([*able, *fewer])
    first = min(fewer, key=lambda each: score[each])
    is_far = score[first] < min(score[each] for each in able) - _FAR
    return [each for each in fewer if score[each] <= score[first] + _FAR] if is_far else list(able)


def _is_beaten(one: Finalist, best: Finalist) -> bool:
    """Whether a reading has fewer right rows and a larger loss than one under which the network has learnt its task."""
    return best.accuracy > LEARNT and one.accuracy < best.accuracy and one.loss > 2 * best.loss


def _is_worse(one: Finalist, best: Finalist) -> bool:
    if one.operation == best.operation and len(one.right) == len(best.right):
        return int(one.right.sum()) < int(best.right.sum()) and sign_test(one.right, best.right) < _SURE
    return one.log_tail > best.log_tail + 5


def _scores(finalists: Sequence[Finalist]) -> dict[Finalist, float]:
    """2 ln of the spread of the margins plus ln of the loss at one scale of the logits, and for the best of these plus 3 ln of the slope.

    All are of the rows with the largest margins, as many as all of these answer rightly: a network has learnt its train rows, and the
    losses of others are as large as its logits are, so a mean over all rows would prefer flat logits. The loss is that at one scale, lest
    sharp logits be preferred. Margins are alike, and the gradient is small, for the function that was trained, whichever of two has the
    lower loss. Of 37 perceptrons and transformers with 16 activations, most of them memorised, 34 are told from all others; the three
    others are taken for a function that differs in the loss by less than .6 %.
    """
    share = _share(finalists)
    rows = {each: each.surest(share) for each in finalists}
    if min(each.wrong(rows[each]) for each in finalists) > _FLAT:
        return {each: _LOSS * _ln(each.least(share)) for each in finalists}
    first = {each: 2 * _ln(each.spread(rows[each])) + _ln(each.loss_on(rows[each], _SCALE)) for each in finalists}
    near = [each for each in finalists if first[each] < min(first.values()) + _NEAR]
    if min(each.wrong(rows[each]) for each in near) < _UNDERFLOW:
        return first
    found = {each: first[each] + 3 * _ln(each.slope(rows[each])) for each in near}
    behind = max(found.values()) - min(first.values())
    return {each: found[each] if each in found else behind + first[each] for each in finalists}


def _ln(value: float) -> float:
    return math.log(max(value, 1e-300))


def _is_one(one: Finalist, other: Finalist) -> bool:
    return one.distance(other) < EQUAL


def _too_close(winner: Finalist, other: Finalist) -> str:
    name = next(name for name, value in winner.reading.items() if value != other.reading[name])
    return (
        f"two readings of the file are too close to tell: {describe(winner, other)} ({winner.operation}, accuracy {winner.accuracy:.3f}, "
        f"loss {winner.loss:.4g}), or {describe(other, winner)} ({other.operation}, accuracy {other.accuracy:.3f}, loss {other.loss:.4g}); "
        f'decide with --reading "{name}={winner.reading[name]}" or "{name}={other.reading[name]}"'
        f"{f', or, as few rows are right, {BY_MODULE}' if winner.accuracy < LEARNT else ''}"
    )


def describe(one: Finalist, other: Finalist) -> str:
    """The options of a reading that differ from another one."""
    return ", ".join(f"{name} {value}" for name, value in one.reading.items() if value != other.reading[name])


def _notes(
    winner: Finalist, others: Sequence[Finalist], score: Mapping[Finalist, float], level: Mapping[Finalist, int], most: int
) -> tuple[str, ...]:
    """For each option the nearest reading that differs in this option alone."""
    found = {}
    for other in sorted(others, key=lambda each: (-level[each], score.get(each, np.inf), -each.accuracy)):
        changed = [name for name, value in winner.reading.items() if value != other.reading[name]]
        if changed == ["row"] and other.accuracy < LEARNT:
            continue
        if len(changed) == 1 and changed[0] not in found:
            found[changed[0]] = _note(changed[0], winner, other, score, level[other] < most)
    return tuple(found.values())


def _note(name: str, winner: Finalist, other: Finalist, score: Mapping[Finalist, float], recorded: bool) -> str:
    pair = f"{name} {winner.reading[name]} rather than {other.reading[name]}"
    if _is_one(winner, other):
        return f"{pair} by convention: the logits are the same"
    numbers = f"loss {winner.loss:.3g} against {other.loss:.3g}, accuracy {winner.accuracy:.3f} against {other.accuracy:.3f}"
    if recorded:
        return f"{pair}: {numbers}; the records of the file are those of the former"
    if other in score and _is_as_good(other, winner, score):
        remedy = f'--reading "{name}={other.reading[name]}" takes the latter'
        return f"{pair} by convention, which evidence does not decide: {numbers}; {remedy}"
    return f"{pair}: {numbers}"
