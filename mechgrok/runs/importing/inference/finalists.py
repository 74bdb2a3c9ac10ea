"""The last readings on every row of the table, in float64."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mechgrok.maths.landscape import losses
from mechgrok.runs.importing.inference.chance import log_tail
from mechgrok.runs.importing.inference.interpretation import Interpretation
from mechgrok.runs.importing.networks.structure import Reading, State

_SAMPLE = 2000
"""Rows, drawn at random, whose losses are differentiated."""


@dataclass(frozen=True, eq=False)
class Finalist:
    """A reading with the answers and losses of its network for its best operation."""

    interpretation: Interpretation
    operation: str
    all_logits: Tensor
    """(rows that have a label, class of the network), float64."""
    labels: Tensor
    by_chance: float
    tokens: Tensor
    state: State
    _kept: dict[float, float] = field(default_factory=dict)

    @property
    def reading(self) -> Reading:
        """The value of each option."""
        return self.interpretation.reading

    @cached_property
    def logits(self) -> Tensor:
        """(rows, number class)."""
        return self.all_logits[:, : self.interpretation.task.p]

    @property
    def rows(self) -> int:
        """Rows of the table that have a label."""
        return len(self.labels)

    @cached_property
    def right(self) -> np.ndarray:
        """Which rows are answered rightly."""
        return (self.logits.argmax(1) == self.labels).numpy()

    @property
    def accuracy(self) -> float:
        """The share of right rows."""
        return float(self.right.mean())

    @cached_property
    def loss(self) -> float:
        """Mean cross-entropy over all rows among the number classes, in nats."""
        return float(losses.per_example(self.logits, self.labels).mean())

    @cached_property
    def loss_over_all(self) -> float:
        """Mean cross-entropy over all rows among all classes of the network, in nats."""
        return float(losses.per_example(self.all_logits, self.labels).mean())

    @property
    def log_tail(self) -> float:
        """Log probability of so many right rows by chance."""
        return log_tail(int(self.right.sum()), self.rows, self.by_chance)

    def least(self, share: float, factor: float = 1.0) -> float:
        """The mean loss over the share of rows with the least loss, the logits multiplied by a factor."""
        return float(self._least(self.logits * factor, self.labels, share).mean())

    def slope(self, share: float) -> float:
        """The norm of the gradient of that loss in the weights of the file, over the mean probability of a wrong answer: small where
        training has come to rest. Over the loss it would be small for networks of a large loss, whose gradient does not grow with it."""
        if share not in self._kept:
            free = {name: tensor.clone().requires_grad_() for name, tensor in self.state.items()}
            chosen = torch.from_numpy(np.random.default_rng(0).permutation(self.rows)[:_SAMPLE])
            logits = self.interpretation.logits(free, self.tokens[chosen])[:, : self.logits.shape[1]]
            rows = self._least(logits, self.labels[chosen], share)
            loss, wrong = rows.mean(), float((1 - (-rows.detach()).exp()).mean())
            gradients = torch.autograd.grad(loss, list(free.values()), allow_unused=True)
            norm = sum(float(each.square().sum()) for each in gradients if each is not None) ** 0.5
            self._kept[share] = norm / max(wrong, 1e-300)
        return self._kept[share]

    @staticmethod
    def _least(logits: Tensor, labels: Tensor, share: float) -> Tensor:
        rows = F.cross_entropy(logits, labels, reduction="none").sort().values
        return rows[: max(1, round(share * len(rows)))]

    def distance(self, other: Finalist) -> float:
        """Root mean square of the difference of the log probabilities, relative to the deviation of one's own; infinite for other rows."""
        if self.operation != other.operation or self.logits.shape != other.logits.shape or self.reading["row"].p != other.reading["row"].p:
            return float("inf")
        difference = self._log_probabilities - other._log_probabilities
        return float(difference.square().mean().sqrt() / self._log_probabilities.std().clamp_min(1e-30))

    @cached_property
    def _log_probabilities(self) -> Tensor:
        return self.logits.log_softmax(1)

    @cached_property
    def deviation(self) -> float:
        """Of the logits, centred in each row."""
        return max(float((self.logits - self.logits.mean(1, keepdim=True)).std()), 1e-30)
