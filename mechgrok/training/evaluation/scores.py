"""Loss and accuracy on the rows of a split or of a subset."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import torch
from torch import Tensor


@dataclass(frozen=True)
class Evaluation:
    """Mean cross-entropy (nats a row) and accuracy on one split, and the minimised loss if it is another."""

    split: str
    rows: int
    loss: float
    accuracy: float
    trained: float | None = None
    loss_error: float = 0.0
    """Standard error of the loss as that of all rows of the split; 0 where all were evaluated."""
    accuracy_error: float = 0.0

    @property
    def objective(self) -> float:
        """The loss that is minimised, without penalties."""
        return self.loss if self.trained is None else self.trained


class Scores:
    """The losses and answers of the rows of one subset, collected over the pieces of its split."""

    def __init__(self) -> None:
        self._losses: list[Tensor] = []
        self._right: list[Tensor] = []
        self._trained: list[float] = []

    def __len__(self) -> int:
        return sum(map(len, self._right))

    def add(self, losses: Tensor, right: Tensor, trained: float | None) -> None:
        """Add rows: the cross-entropy of each (k,), whether its answer is right (k,), and the mean of the minimised loss if another."""
        self._losses.append(losses)
        self._right.append(right)
        self._trained += [] if trained is None else [trained]

    @property
    def trained(self) -> float | None:
        """The mean of the minimised loss over all rows; None where it is the cross-entropy."""
        if len(self._trained) < 2:
            return self._trained[0] if self._trained else None
        return sum(mean * len(rows) for mean, rows in zip(self._trained, self._right, strict=True)) / len(self)

    def evaluation(self, name: str, trained: float | None, share: float) -> Evaluation:
        """The means, with their standard errors where the rows are a `share` of the split, drawn without replacement."""
        losses, right = torch.cat(self._losses), torch.cat(self._right)
        errors = _error(losses, share), _error(right.double(), share)
        return Evaluation(name, len(right), float(losses.mean()), int(right.sum()) / len(right), trained, *errors)


def _error(values: Tensor, share: float) -> float:
    return float(values.std()) * sqrt((1 - share) / len(values)) if share < 1 and len(values) > 1 else 0.0
