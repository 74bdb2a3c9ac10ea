"""What a foreign file's own numbers tell: which operation its network computes, which rows it was trained on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import get_args

import numpy as np
import torch
from torch import Tensor

from mechgrok.data.splits.split import Shuffled
from mechgrok.errors import UserError
from mechgrok.maths.landscape import losses
from mechgrok.models.forward.tables import Batch
from mechgrok.models.network import Network
from mechgrok.runs.grid import ROWS_AT_ONCE
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.tasks.charts import is_prime
from mechgrok.tasks.formula import parse
from mechgrok.tasks.layouts import FURUTA
from mechgrok.tasks.modular import Modular
from mechgrok.tasks.operations import FORMULAS, SIGNS, Operation

BETWEEN = ("a op b", "a = b")
TOLERANCE = 0.2
"""A recorded loss is of a step before the weights, so it is a little off; a wrong split is off by a factor."""
SEEDS = range(100)


@dataclass(frozen=True)
class LossCheck:
    """A recorded loss beside the recomputed one, in nats."""

    split: str
    recorded: float
    recomputed: float

    def __str__(self) -> str:
        verdict = (
            f"they agree within {TOLERANCE:.0%}, the record being of an earlier step"
            if self.agrees
            else "THEY DISAGREE: the split, the operation or the file is not what it is said to be"
        )
        return f"{self.split} loss: recorded {self.recorded:.6g}, recomputed {self.recomputed:.6g}; {verdict}"

    @property
    def agrees(self) -> bool:
        """Whether they are the same within 20 %."""
        return abs(self.recomputed - self.recorded) <= TOLERANCE * abs(self.recorded)


@dataclass(frozen=True, eq=False)
class Evidence:
    """Logits of the last weights over all pairs of tokens (pairs, d_vocab_out), and the last recorded loss of each split."""

    logits: Tensor
    recorded: Mapping[str, float]
    by_middle: Mapping[int, Tensor] = field(default_factory=dict)
    """The same for each token that may stand between a and b, where the operation decides which."""
    listed: Mapping[str, Tensor] = field(default_factory=dict)
    """The pairs of each split that the file lists, which may hold tokens that are no numbers of the task."""

    @classmethod
    def of(cls, foreign: Foreign, architecture: Network, task: Modular) -> Evidence:
        """One forward pass, or one for each token between the operands."""
        forward = partial(_logits, architecture, {name: tensor.double() for name, tensor in foreign.last.items()})
        recorded = {split: series[max(series)] for split, series in foreign.recorded.items() if series}
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

    def compare(self, task: Modular, mask: np.ndarray | None) -> tuple[LossCheck, ...]:
        """Recorded beside recomputed losses for the splits that are known and recorded: of the rows that the file lists, if it does."""
        operands = task.operands()
        masked = {} if mask is None else {"train": operands[mask], "test": operands[~mask]}
        known = {split: listed.numpy() for split, listed in self.listed.items()} or masked
        return tuple(
            LossCheck(split, self.recorded[split], self._loss(task, rows)) for split, rows in known.items() if split in self.recorded
        )

    def _loss(self, task: Modular, operands: np.ndarray) -> float:
        labels, defined = task.formulas[0].at(operands, task.p)
        return float(losses.per_example(self.rows(task, operands[defined]), torch.from_numpy(labels[defined])).mean())


def _logits(architecture: Network, weights: Mapping[str, Tensor], inputs: np.ndarray) -> Tensor:
    with torch.no_grad():
        batches = map(Batch.of, torch.from_numpy(inputs).split(ROWS_AT_ONCE))
        return torch.cat([architecture.logits(weights, batch) for batch in batches])


def with_operation(task: Modular, operation: Operation) -> Modular:
    """The task with another operation; a layout that has a token between the operands takes that of the operation."""
    between = {"layout": "a op b" if SIGNS.get(operation) in FURUTA else "a = b"} if task.layout in BETWEEN else {}
    return task.model_copy(update={"operation": operation, **between})


def pairs(task: Modular) -> np.ndarray:
    """a * p + b of every row (n,): a table may lack the pairs that have no quotient."""
    return task.operands() @ np.array([task.p, 1])


def identify_operation(evidence: Evidence, task: Modular, said: Operation | None = None) -> Operation:
    """The one operation whose labels the network gives for most rows, or what the user says that it is.

    Raises UserError where neither tells, or where the network shows another one than the user says.
    """
    possible = [name for name in get_args(Operation) if is_prime(task.p) or not parse(FORMULAS[name]).divides]
    accuracy = {name: _accuracy(evidence, with_operation(task, name)) for name in possible}
    best = max(accuracy, key=lambda name: accuracy[name])
    if said and said not in accuracy:
        raise UserError(f"--operation {said} divides, and p = {task.p} is no prime; did you mean --operation {best}?")
    if said and accuracy[said] <= 0.5 < accuracy[best]:
        raise UserError(
            f"the network gives the labels of {said} for {accuracy[said]:.1%} of the rows, those of {best} for {accuracy[best]:.1%}; "
            f"did you mean --operation {best}?"
        )
    if said:
        return said
    if accuracy[best] <= 0.5:
        raise UserError(
            f"the file does not say what it was trained on, and its network shows none of the {len(accuracy)} operations known here; "
            "say --operation"
        )
    return best


def _accuracy(evidence: Evidence, task: Modular) -> float:
    answers = evidence.rows(task, task.operands()).argmax(1)
    return float((answers == torch.from_numpy(task.labels())).double().mean())


def identify_seed(evidence: Evidence, task: Modular, rule: Shuffled) -> Shuffled:
    """The split with the one seed from 0 to 99 that gives all recorded losses. Raises UserError where none or several do."""
    if not evidence.recorded:
        raise UserError("--split-seed auto needs losses recorded in the file, and there are none; say the seed, or leave the split unknown")
    rules = [rule.model_copy(update={"seed": seed}) for seed in SEEDS]
    matching = [each for each in rules if all(told.agrees for told in evidence.compare(task, each.train_rows(task)))]
    if len(matching) != 1:
        seeds = ", ".join(str(each.seed) for each in matching[:5]) or "none"
        raise UserError(
            f"--split-seed auto: the seeds from 0 to 99 that give the recorded losses: {seeds}; say the seed, or leave the split unknown"
        )
    return matching[0]
