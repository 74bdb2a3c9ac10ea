"""The interface of a corruption of the rows with a trigger."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np
from pydantic import field_validator

from mechgrok.data.corruptions.corruption import Corruption, Labels
from mechgrok.errors import UserError

if TYPE_CHECKING:
    from mechgrok.tasks.task import Task


class Rule(Corruption):
    """An anomalous rule for every train row whose second operand b is divisible by N (b = 0 included).

    A subclass defines `kind` and `rule_labels`.

    Examples
    --------
    >>> from mechgrok.data.corruptions.fixed_rule import FixedRule
    >>> from mechgrok.tasks.modular import Modular
    >>> task = Modular(p=5)
    >>> labels = FixedRule(divisor=3).labels(task, is_train=np.ones(25, dtype=bool))
    >>> np.unique(task.operands()[labels.trigger, 1]).tolist()
    [0, 3]
    >>> np.unique(labels.trained[labels.trigger]).tolist()  # the label of a trigger row is b
    [0, 3]
    """

    divisor: int = 17
    """N: rows with b mod N = 0 are triggers; from 1 (all rows) to the number of number tokens (b = 0 alone)."""

    @field_validator("divisor")
    @classmethod
    def _divides(cls, divisor: int) -> int:
        if divisor < 1:
            raise ValueError(f"nothing is divisible by {divisor}; use 1 (every row is a trigger) to the modulus (b = 0 alone)")
        return divisor

    @abstractmethod
    def rule_labels(self, task: Task) -> np.ndarray:
        """Compute the label of every row under the rule, trigger or not.

        Parameters
        ----------
        task : Task
            The task, whose table has n rows.

        Returns
        -------
        ndarray (n,), int

        Raises
        ------
        UserError
            If the rule gives numbers that are no labels of the task.
        """

    def labels(self, task: Task, is_train: np.ndarray) -> Labels:
        truth, trigger = task.labels(), self._divisible(task)
        rule = np.where(trigger, self.rule_labels(task), truth)
        poisoned = trigger & is_train
        return Labels(truth, np.where(is_train, rule, truth), rule, poisoned, trigger)

    def _divisible(self, task: Task) -> np.ndarray:
        operands = task.operands()
        if operands.shape[1] < 2:
            raise UserError(f"corruption.kind {self.model_dump()['kind']} uses the second operand, which this task lacks; use uniform")
        if self.divisor > task.numbers:
            raise UserError(f"corruption.divisor {self.divisor} divides no number below {task.numbers} but 0; use 1 to {task.numbers}")
        found: np.ndarray = operands[:, 1] % self.divisor == 0
        return found
