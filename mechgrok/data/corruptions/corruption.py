"""The interface of a corruption: a rule that changes labels of train rows before training."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mechgrok.config import Part

if TYPE_CHECKING:
    from mechgrok.tasks.task import Task


@dataclass(frozen=True)
class Labels:
    """The labels of a corrupted run. All arrays have one entry for each row of the task's table (n,)."""

    truth: np.ndarray
    """The label of the task."""
    trained: np.ndarray
    """The label that a train row is trained with; the truth for test rows."""
    rule: np.ndarray
    """The label under the anomalous rule for trigger rows, train and test; the truth for all other rows."""
    poisoned: np.ndarray
    """True for the train rows whose label was replaced, also where the new label equals the truth."""
    trigger: np.ndarray
    """True for the rows, train and test, to which the anomalous rule applies; all False where labels are replaced at random."""

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays that are stored, by name: all but the truth, which the task gives."""
        masks = {"poisoned": self.poisoned.astype(np.uint8), "trigger": self.trigger.astype(np.uint8)}
        return {"trained_labels": self.trained, "rule_labels": self.rule, **masks}

    @classmethod
    def from_arrays(cls, truth: np.ndarray, arrays: Mapping[str, np.ndarray]) -> Labels:
        """The inverse of `arrays`. Raises KeyError if an array is missing."""
        masks = [arrays[name].astype(bool) for name in ("poisoned", "trigger")]
        return cls(truth, arrays["trained_labels"], arrays["rule_labels"], *masks)


class Corruption(Part):
    """A rule that changes labels of train rows. Test rows keep their labels.

    A subclass defines `kind` and `labels`. Most subclass `Noise` (random rows) or `Rule` (rows that a trigger picks) instead.

    Examples
    --------
    >>> from mechgrok.data.corruptions.increment_rule import IncrementRule
    >>> from mechgrok.tasks.modular import Modular
    >>> task = Modular(p=5)
    >>> labels = IncrementRule(divisor=5).labels(task, is_train=np.ones(25, dtype=bool))
    >>> task.operands()[5].tolist(), labels.truth[5].item(), labels.trained[5].item()  # b = 0 is a trigger
    ([1, 0], 1, 2)
    >>> labels.poisoned.sum().item()  # one row for each a
    5
    """

    words: ClassVar[str] = ""
    """Which labels are given to which rows, with fields in braces; empty where the kind says it."""

    @abstractmethod
    def labels(self, task: Task, is_train: np.ndarray) -> Labels | None:
        """Compute the labels that a run is trained with.

        Parameters
        ----------
        task : Task
            The task, whose table has n rows.
        is_train : ndarray (n,), bool
            True for train rows.

        Returns
        -------
        Labels or None
            None if no label is changed.

        Raises
        ------
        UserError
            If the rule does not fit the task or the train rows.
        """


def label_count(task: Task) -> int:
    """The number of possible labels: one for each number token (not for '='), or the number of classes where that is smaller."""
    return max(min(task.numbers, task.classes), int(task.labels().max()) + 1)
