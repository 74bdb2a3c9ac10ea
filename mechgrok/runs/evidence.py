"""What a foreign file's own numbers tell: which operation its network computes, which rows it was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np
import torch
from torch import Tensor

from mechgrok.data.splits.split import Shuffled
from mechgrok.errors import UserError
from mechgrok.maths import losses
from mechgrok.models.network import Network
from mechgrok.models.tables import Batch
from mechgrok.runs.grid import ROWS_AT_ONCE
from mechgrok.runs.importers.foreign import Foreign
from mechgrok.tasks.charts import is_prime
from mechgrok.tasks.formula import parse
from mechgrok.tasks.modular import Modular
from mechgrok.tasks.operations import FORMULAS, Operation

TOLERANCE = 0.2
"""A recorded loss is of a step before the weights, so it is a little off; a wrong split is off by a factor."""
SEEDS = range(100)


@dataclass(frozen=True)
class Told:
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
    """Logits of the last weights over all pairs (p^2, d_vocab_out), and the last recorded loss of each split."""

    logits: Tensor
    recorded: Mapping[str, float]

    @classmethod
    def of(cls, foreign: Foreign, architecture: Network, inputs: np.ndarray) -> Evidence:
        """One forward pass."""
        weights = {name: tensor.double() for name, tensor in foreign.last.items()}
        with torch.no_grad():
            batches = map(Batch.of, torch.from_numpy(inputs).split(ROWS_AT_ONCE))
            logits = torch.cat([architecture.logits(weights, batch) for batch in batches])
        return cls(logits, {split: series[max(series)] for split, series in foreign.recorded.items() if series})

    def compare(self, task: Modular, mask: np.ndarray | None) -> tuple[Told, ...]:
        """Recorded beside recomputed losses for the splits that are known and recorded."""
        if mask is None:
            return ()
        per_row = losses.per_example(self.logits[torch.from_numpy(pairs(task))], torch.from_numpy(task.labels()))
        means = {"train": per_row[torch.from_numpy(mask)].mean(), "test": per_row[torch.from_numpy(~mask)].mean()}
        return tuple(Told(split, self.recorded[split], float(mean)) for split, mean in means.items() if split in self.recorded)


def pairs(task: Modular) -> np.ndarray:
    """a * p + b of every row (n,): a table may lack the pairs that have no quotient."""
    return task.operands() @ np.array([task.p, 1])


def identify_operation(evidence: Evidence, task: Modular, said: Operation | None = None) -> Operation:
    """The one operation whose labels the network gives for most rows, or what the user says that it is.

    Raises UserError where neither tells, or where the network shows another one than the user says.
    """
    possible = [name for name in get_args(Operation) if is_prime(task.p) or not parse(FORMULAS[name]).divides]
    accuracy = {name: _accuracy(evidence, task.model_copy(update={"operation": name})) for name in possible}
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
    answers = evidence.logits.argmax(1)[torch.from_numpy(pairs(task))]
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
