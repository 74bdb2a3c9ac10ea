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

_SPREAD, _SLOPE = 0.35, 7.0
"""Of networks at rest, the largest spread of margins, and the largest slope over the deviation of the logits: of 37 trained networks
under their own functions at most .31 and 6.5. Ten networks of other functions, read under one of ours with over 90 % of the rows right,
have more of one of them, and so have networks of ours in the middle of a large update."""
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
    pairs: np.ndarray
    """a p + b of each row."""
    tokens: Tensor
    state: State
    _kept: dict[int, float] = field(default_factory=dict)

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

    def least(self, share: float) -> float:
        """The mean loss over the share of rows with the largest margins."""
        rows = self.surest(share)
        return float(F.cross_entropy(self.logits[rows], self.labels[rows]))

    def surest(self, share: float) -> Tensor:
        """The rows with the largest margins, as many as this share of all."""
        return self._margins.argsort(descending=True)[: max(2, round(share * self.rows))]

    def loss_on(self, rows: Tensor, scale: float) -> float:
        """The mean loss over some rows, with the logits at this standard deviation."""
        return float(F.cross_entropy(self.logits[rows] * (scale / self.deviation), self.labels[rows]))

    def spread(self, rows: Tensor) -> float:
        """Standard deviation over mean of the margins of some rows: small where a network was trained on them by cross-entropy, which
        pushes rows of a small margin most."""
        margins = self._margins[rows]
        return float(margins.std() / margins.mean().abs().clamp_min(1e-30))

    def wrong(self, rows: Tensor) -> float:
        """The mean probability of a wrong answer on some rows."""
        return float(torch.sigmoid(-self._margins[rows]).mean())

    @cached_property
    def _margins(self) -> Tensor:
        """The logit of each row's label minus the logsumexp of the others."""
        at = self.labels[:, None]
        others = self.logits.scatter(1, at, -torch.inf).logsumexp(1)
        return self.logits.gather(1, at)[:, 0] - others

    def slope(self, rows: Tensor) -> float:
        """The norm of the gradient of the mean loss over the surest rows in the weights of the file, over the mean probability of a wrong
        answer: small where training has come to rest. Over the loss it would be small for networks of a large loss, whose gradient does not
        grow with it. It is kept by the number of rows."""
        if len(rows) not in self._kept:
            free = {name: tensor.clone().requires_grad_() for name, tensor in self.state.items()}
            chosen = rows[torch.from_numpy(np.random.default_rng(0).permutation(len(rows))[:_SAMPLE])]
            logits = self.interpretation.logits(free, self.tokens[chosen])[:, : self.logits.shape[1]]
            loss = F.cross_entropy(logits, self.labels[chosen])
            gradients = torch.autograd.grad(loss, list(free.values()), allow_unused=True)
            norm = sum(float(each.square().sum()) for each in gradients if each is not None) ** 0.5
            self._kept[len(rows)] = norm / max(self.wrong(chosen), 1e-300)
        return self._kept[len(rows)]

    @property
    def is_at_rest(self) -> bool:
        """Whether training has come to rest under this reading, as far as the rows that it answers rightly tell."""
        rows = self.surest(self.accuracy)
        return self.spread(rows) < _SPREAD and (self.wrong(rows) < 1e-9 or self.slope(rows) < _SLOPE * self.deviation)

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
