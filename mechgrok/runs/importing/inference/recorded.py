"""Losses and accuracies that a file records, against those of a reading: on the train rows that the file lists, else on the whole table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

from mechgrok.maths.landscape import losses
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.inference.finalists import Finalist
from mechgrok.runs.importing.inference.loss_check import SAME
from mechgrok.runs.importing.inference.splits.masks import mask_of

EXACT = 2
"""The agreement with records that are those of the weights."""
_LOOSE = 0.2
"""Relative; a record may be of a step before the weights, or of a batch."""
_EXACT = 2e-3
"""Of a row."""


@dataclass(frozen=True)
class Recorded:
    """The last recorded loss and accuracy of each split, and the train rows that the file lists."""

    losses: Mapping[str, float] = field(default_factory=dict)
    accuracies: Mapping[str, float] = field(default_factory=dict)
    train_rows: Tensor | None = None

    @classmethod
    def of(cls, foreign: Foreign) -> Recorded:
        """The records of the last weights, else the last that there are."""
        return cls(last_of(foreign.recorded), last_of(foreign.accuracies), foreign.train_rows)

    def __bool__(self) -> bool:
        return bool(self.losses or self.accuracies)

    def agreement_of(self, finalist: Finalist) -> int:
        """That of a reading, whose loss may be over the numbers or over all classes."""
        if self._gives_loss_of_a_split(finalist):
            return EXACT
        right = int(finalist.right.sum())
        return max(self.agreement(loss, right, finalist.rows) for loss in (finalist.loss, finalist.loss_over_all))

    def gives_losses_of(self, finalist: Finalist) -> bool:
        """Whether the recorded losses are exactly those of a reading; several readings have the same accuracies."""
        exact = [self._of_losses(loss, finalist.rows) for loss in (finalist.loss, finalist.loss_over_all)]
        return self._gives_loss_of_a_split(finalist) or (any(exact) and self.agreement_of(finalist) == EXACT)

    def _gives_loss_of_a_split(self, finalist: Finalist) -> bool:
        """Whether the loss of one split of the file is that of the reading on its rows.

        Many loops record the train loss before the update and the test loss after it, so only one of them is of the weights.
        """
        if self.train_rows is None or not self.losses:
            return False
        rows = mask_of(self.train_rows, finalist.interpretation.task.p**2)
        if rows is None:
            return False
        of_split = {"train": rows[finalist.pairs], "test": ~rows[finalist.pairs]}
        return any(
            abs(float(each[of_split[split]].mean()) - recorded) < SAME * recorded
            for split, recorded in self.losses.items()
            for each in (losses.per_example(logits, finalist.labels) for logits in (finalist.logits, finalist.all_logits))
        )

    def agreement(self, loss: float, right: int, rows: int) -> int:
        """EXACT where a whole number of train rows gives the records, 1 where some share of train rows gives them nearly, else 0."""
        possible = [self._of_accuracies(right, rows), self._of_losses(loss, rows)]
        known = [sizes for sizes in possible if sizes is not None]
        if known and set.intersection(*map(set, known)):
            return EXACT
        return int(_between(self.losses, loss) and _between(self.accuracies, right / rows))

    def _of_accuracies(self, right: int, rows: int) -> list[int] | None:
        """The numbers of train rows that give the recorded accuracies and so many right rows; None without both records."""
        if len(self.accuracies) < 2:
            return None
        n = np.arange(1, rows)
        train, test = n * self.accuracies["train"], (rows - n) * self.accuracies["test"]
        whole = (np.abs(train - train.round()) < 1e-4 * rows) & (np.abs(test - test.round()) < 1e-4 * rows)
        return [int(size) for size in n[whole & (np.abs(train + test - right) < 0.01)]]

    def _of_losses(self, loss: float, rows: int) -> list[int] | None:
        if len(self.losses) < 2 or self.losses["train"] == self.losses["test"]:
            return None
        size = rows * (self.losses["test"] - loss) / (self.losses["test"] - self.losses["train"])
        if not math.isfinite(size):
            return []
        near = round(size)
        # The loss that a split of `near` rows gives, within the rounding of float32.
        precise = abs(size - near) < max(_EXACT, 1e-6 * rows)
        return [near] if 0 < near < rows and precise else []


def last_of(series: Mapping[str, Mapping[int, float]]) -> dict[str, float]:
    """The last value of each split that has one."""
    return {split: values[max(values)] for split, values in series.items() if values}


def _between(records: Mapping[str, float], value: float) -> bool:
    if not records:
        return True
    low, high = min(records.values()), max(records.values())
    if len(records) == 1:
        return True
    return low * (1 - _LOOSE) - 0.02 <= value <= high * (1 + _LOOSE) + 0.02
