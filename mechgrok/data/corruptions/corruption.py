"""Which labels are changed before training: a rule that gives every row the label that it is trained with."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mechgrok.config import Part

if TYPE_CHECKING:
    from mechgrok.tasks.task import Task


@dataclass(frozen=True)
class Labels:
    """The labels of a corrupted run, over all rows of its task's table (n,)."""

    truth: np.ndarray
    """What the task says."""
    trained: np.ndarray
    """What a train row is trained with; the truth for test rows."""
    rule: np.ndarray
    """What the anomalous rule says of trigger rows, train and test; the truth for all others."""
    poisoned: np.ndarray
    """True for the train rows whose label was given anew, even where it came out as the truth."""
    trigger: np.ndarray
    """True for the rows, train and test, that the rule is about; nowhere where labels are changed at random."""

    def arrays(self) -> dict[str, np.ndarray]:
        """What is stored of them, by name: all but the truth, which the task says."""
        masks = {"poisoned": self.poisoned.astype(np.uint8), "trigger": self.trigger.astype(np.uint8)}
        return {"trained_labels": self.trained, "rule_labels": self.rule, **masks}

    @classmethod
    def from_arrays(cls, truth: np.ndarray, arrays: Mapping[str, np.ndarray]) -> Labels:
        """What `arrays` was stored of. Raises KeyError where something is missing."""
        masks = [arrays[name].astype(bool) for name in ("poisoned", "trigger")]
        return cls(truth, arrays["trained_labels"], arrays["rule_labels"], *masks)


class Corruption(Part):
    """A rule that changes labels of train rows. Test rows keep theirs."""

    @abstractmethod
    def labels(self, task: Task, is_train: np.ndarray) -> Labels | None:
        """The labels that a run is trained with, given its train rows (n,); None where none is changed.

        Raises UserError where the rule does not fit the task or the train rows.
        """


def label_count(task: Task) -> int:
    """How many labels there are to choose from: one for each number token, '=' is none; fewer where there are fewer classes."""
    return max(min(task.numbers, task.classes), int(task.labels().max()) + 1)
