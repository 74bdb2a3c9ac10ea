"""When a run stops before its last step, decided from its recorded metrics alone, so that a resumed run decides the same."""

from __future__ import annotations

from collections.abc import Sequence

from mechgrok.config import Stop
from mechgrok.training.trainer import Evaluation


def reason(rule: Stop, history: Sequence[Evaluation]) -> str | None:
    """Why to stop after a history of test evaluations, oldest first; None to go on."""
    if not history:
        return None
    if rule.test_loss_below is not None and history[-1].loss < rule.test_loss_below:
        return f"test loss {history[-1].loss:.3g} is below {rule.test_loss_below:g}"
    recent = history[-rule.evaluations :]
    sustained = rule.accuracy is not None and len(recent) == rule.evaluations and all(each.accuracy >= rule.accuracy for each in recent)
    return f"test accuracy has been at least {rule.accuracy:g} for {rule.evaluations} evaluations" if sustained else None
