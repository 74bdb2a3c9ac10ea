"""The rules that stop a run before its last step. They use recorded metrics alone, so a resumed run stops at the same step."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from mechgrok.config import Stop
from mechgrok.training.evaluation.scores import Evaluation


def reason(rule: Stop, history: Sequence[Evaluation]) -> str | None:
    """The reason to stop after a history of evaluations, oldest first; None to continue."""
    return _below("test", rule.test_loss_below, history) or _below("train", rule.train_loss_below, history) or _sustained(rule, history)


def _latest(split: str, count: int, history: Sequence[Evaluation]) -> list[Evaluation]:
    """The last `count` evaluations of a split, newest first."""
    return list(islice((each for each in reversed(history) if each.split == split), count))


def _below(split: str, limit: float | None, history: Sequence[Evaluation]) -> str | None:
    if limit is None:
        return None
    low = [each.objective for each in _latest(split, 1, history) if each.objective < limit]
    return f"{split} loss {low[0]:.3g} is below {limit:g}" if low else None


def _sustained(rule: Stop, history: Sequence[Evaluation]) -> str | None:
    if rule.accuracy is None:
        return None
    recent = _latest("test", rule.evaluations, history)
    if len(recent) < rule.evaluations or any(each.accuracy < rule.accuracy for each in recent):
        return None
    return f"test accuracy has been at least {rule.accuracy:g} for {rule.evaluations} evaluations"
