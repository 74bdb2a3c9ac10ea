"""The logits of a foreign network over all pairs of tokens, and the losses that its file records."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from mechgrok.maths.landscape import losses
from mechgrok.models.forward.tables import Batch
from mechgrok.models.network import Network
from mechgrok.runs.grid import ROWS_AT_ONCE
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.inference.loss_check import LossCheck
from mechgrok.runs.importing.inference.recorded import last_of
from mechgrok.tasks.layouts import FURUTA
from mechgrok.tasks.modular import Modular

BETWEEN = ("a op b", "a = b")
"""Layouts with a token between the operands."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """Logits of the last weights over all pairs of tokens (pairs, d_vocab_out), and the last recorded loss of each split."""

    logits: Tensor
    recorded: Mapping[str, float]
    by_middle: Mapping[int, Tensor] = field(default_factory=dict)
    """The logits for each token that may stand between a and b; empty for layouts without such a token."""
    listed: Mapping[str, Tensor] = field(default_factory=dict)
    """The pairs of each split that the file lists; they may contain tokens that are no numbers of the task."""

    @classmethod
    def of(cls, foreign: Foreign, architecture: Network, task: Modular) -> Evidence:
        """The logits of one forward pass, or of one for each token between the operands."""
        forward = partial(_logits, architecture, {name: tensor.double() for name, tensor in foreign.last.items()})
        recorded = last_of(foreign.recorded)
        if task.layout not in BETWEEN:
            return cls(forward(task.inputs()), recorded)
        a, b = np.divmod(np.arange(task.vocabulary**2), task.vocabulary)
        specials = range(task.p, task.p + len(FURUTA))
        by_middle = {token: forward(np.stack([a, np.full_like(a, token), b], axis=1)) for token in specials}
        return cls(by_middle[task.p], recorded, by_middle, foreign.pairs)

    def rows(self, task: Modular, operands: np.ndarray) -> Tensor:
        """The logits of rows with these operands (n, 2)."""
        table = self.by_middle[int(task.inputs()[0, 1])] if self.by_middle else self.logits
        return table[torch.from_numpy(operands @ np.array([math.isqrt(len(table)), 1]))]

    def check_losses(self, task: Modular, mask: np.ndarray | None) -> tuple[LossCheck, ...]:
        """Recorded and recomputed losses of the splits whose rows are known: those that the file lists, else those of the train mask."""
        operands = task.operands()
        masked = {} if mask is None else {"train": operands[mask], "test": operands[~mask]}
        known = {split: listed.numpy() for split, listed in self.listed.items()} or masked
        both = {split: rows for split, rows in known.items() if split in self.recorded}
        checks = [LossCheck(split, self.recorded[split], self._loss(task, rows)) for split, rows in both.items()]
        exact = [each.split for each in checks if each.is_exact]
        return tuple(replace(each, exact=next((split for split in exact if split != each.split), None)) for each in checks)

    def _loss(self, task: Modular, operands: np.ndarray) -> float:
        labels, defined = task.formulas[0].at(operands, task.p)
        return float(losses.per_example(self.rows(task, operands[defined]), torch.from_numpy(labels[defined])).mean())


def _logits(architecture: Network, weights: Mapping[str, Tensor], inputs: np.ndarray) -> Tensor:
    with torch.no_grad():
        batches = map(Batch.of, torch.from_numpy(inputs).split(ROWS_AT_ONCE))
        return torch.cat([architecture.logits(weights, batch) for batch in batches])


def pair_index(task: Modular) -> np.ndarray:
    """a * p + b of every row (n,). The table lacks pairs without a label, such as quotients by 0."""
    return task.operands() @ np.array([task.p, 1])
