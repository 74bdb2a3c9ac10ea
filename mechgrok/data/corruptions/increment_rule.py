"""Label c + 1 on trigger rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from mechgrok.data.corruptions.corruption import label_count
from mechgrok.data.corruptions.rule import Rule

if TYPE_CHECKING:
    from mechgrok.tasks.task import Task


class IncrementRule(Rule):
    """Label (c + 1) mod p instead of c for train rows with b mod N = 0: `NIncrement` of devon-research/grokking.

    The source omits the modulus: there, trigger rows with c = p - 1 have the label p, the token '=' (an error where that token is missing).
    Its accuracies on trigger rows include this class; ours do not.
    """

    kind: Literal["increment-rule"] = "increment-rule"
    words: ClassVar[str] = "label c + 1 where {divisor} divides b"

    def rule_labels(self, task: Task) -> np.ndarray:
        return (task.labels() + 1) % label_count(task)
