"""Label b on trigger rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from mechgrok.data.corruptions.corruption import label_count
from mechgrok.data.corruptions.rule import Rule
from mechgrok.errors import UserError

if TYPE_CHECKING:
    from mechgrok.tasks.task import Task


class FixedRule(Rule):
    """Label b for train rows with b mod N = 0: `NFixed` of devon-research/grokking, and with N = 17 its `17Fixed`.

    Of p values of b, ceil(p / N) are triggers: 7 of 113 for N = 17. The source names round((p // N + 1) / p, 3) as its poisoned fraction,
    .062 there, which counts one value of b too many where N divides p. The trigger rows include those where the
    rule gives the truth (for sums, a = 0).
    """

    kind: Literal["fixed-rule"] = "fixed-rule"
    words: ClassVar[str] = "label b where {divisor} divides b"

    def rule_labels(self, task: Task) -> np.ndarray:
        if label_count(task) < task.numbers:
            known = f"this task has {task.classes} labels; use increment-rule"
            raise UserError(f"corruption.kind fixed-rule gives the label b, 0 to {task.numbers - 1}, but {known}")
        return task.operands()[:, 1]
