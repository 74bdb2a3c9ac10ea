"""The split of a foreign network, found by the losses and accuracies that its file records."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from mechgrok.data.splits.split import RandomSplit
from mechgrok.errors import UserError
from mechgrok.maths.landscape import losses
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.inference.evidence import Evidence
from mechgrok.runs.importing.inference.loss_check import TOLERANCE
from mechgrok.runs.importing.inference.recorded import last_of
from mechgrok.runs.importing.inference.splits.rules import ORDERS, SHUFFLED, rule_of
from mechgrok.tasks.modular import Modular

SEEDS = range(100)
"""The seeds that are tried."""
FRACTIONS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 1 / 3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 2 / 3, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
"""The shares of train rows that are tried."""
_CLEAR = 100
"""How many times nearer to the records the best split must be where several agree with them."""

_UNUSUAL = 0.005
"""The handicap of a size that its kind of split does not give: 0.1 % of a loss."""


@dataclass(frozen=True, eq=False)
class Records:
    """Per row of the table the loss (nats) and whether it is right, and the last recorded loss and accuracy of each split."""

    loss: np.ndarray
    right: np.ndarray
    losses: Mapping[str, float]
    accuracies: Mapping[str, float]

    @classmethod
    def of(cls, foreign: Foreign, evidence: Evidence, task: Modular) -> Records:
        """The records of a file beside the rows of its last weights."""
        logits, labels = evidence.rows(task, task.operands()), torch.from_numpy(task.labels())
        right = (logits.argmax(1) == labels).double().numpy()
        return cls(losses.per_example(logits, labels).numpy(), right, evidence.recorded, last_of(foreign.accuracies))


@dataclass(frozen=True)
class _Candidate:
    rule: RandomSplit
    distance: float


def search(records: Records, kinds: Sequence[str], fraction: float | None, count: int | None) -> tuple[RandomSplit, str]:
    """The one split that gives all recorded losses and accuracies, and a note.

    Tried are the seeds from 0 to 99 of all `kinds`, with the fraction or number of train rows that is given, else with usual fractions.
    Raises UserError where no split agrees with the records, or several do about equally well.
    """
    nearest: dict[tuple[str, int], _Candidate] = {}
    for each in sorted(_candidates(records, kinds, fraction, count), key=lambda each: each.distance):
        nearest.setdefault(_draw(each.rule), each)
    best = list(nearest.values())[:2]
    if not best or (len(best) > 1 and best[1].distance < _CLEAR * best[0].distance):
        seeds = ", ".join(f"{name} {seed}" for name, seed in list(nearest)[:5]) or "none"
        found = f"--split-seed auto: the seeds from 0 to 99 that give the recorded losses: {seeds}"
        raise UserError(f"{found}; give the seed, or leave the split unknown")
    rule = best[0].rule
    return rule, f"split seed {rule.seed} is the one from 0 to 99 that gives the recorded losses ({_described(rule, len(records.loss))})"


def _candidates(records: Records, kinds: Sequence[str], fraction: float | None, count: int | None) -> Iterator[_Candidate]:
    """The splits that agree with all records."""
    rows = len(records.loss)
    for kind in kinds:
        sizes = _sizes(kind, rows, fraction, count)
        for seed in SEEDS:
            order = ORDERS["torch-randperm" if kind == "torch-random-split" else kind](rows, seed)
            sums = {"loss": np.cumsum(records.loss[order]), "right": np.cumsum(records.right[order])}
            for size, (rule, unusual) in sizes.items():
                distance = _distance(records, sums, size, rows)
                if distance is not None:
                    yield _Candidate(rule.model_copy(update={"seed": seed}), distance + unusual)


def _sizes(kind: str, rows: int, fraction: float | None, count: int | None) -> dict[int, tuple[RandomSplit, float]]:
    """The numbers of train rows to be tried, each with a split of seed 0, and a handicap where it is not rounded as the kind does."""
    if count is not None or fraction is not None:
        rule = rule_of(kind, 0, fraction, count)
        return {int(rule.mask(rows).sum()): (rule, 0.0)}
    usual = {int((rule := rule_of(kind, 0, each, None)).mask(rows).sum()): (rule, 0.0) for each in FRACTIONS}
    nearest = {round(each * rows) for each in FRACTIONS if kind in SHUFFLED} - usual.keys()
    return usual | {size: (rule_of(kind, 0, None, size), _UNUSUAL) for size in nearest if 0 < size < rows}


def _distance(records: Records, sums: Mapping[str, np.ndarray], size: int, rows: int) -> float | None:
    """The largest deviation from a record when the first `size` rows are trained on; None where one is beyond its tolerance.

    Losses deviate relatively, by at most 20 %, since they may be of an earlier step; accuracies by at most two rows of their split.
    """
    deviations = [0.0]
    for split, of in (("train", size), ("test", rows - size)):
        if not of:
            return None
        loss, right = (_share(sums[name], size, split) / of for name in ("loss", "right"))
        if split in records.losses:
            recorded = records.losses[split]
            deviations.append(abs(loss - recorded) / max(abs(recorded), 1e-12) / TOLERANCE)
        if split in records.accuracies:
            deviations.append(abs(right - records.accuracies[split]) * of / 2)
    worst = max(deviations)
    return worst if math.isfinite(worst) and worst <= 1 else None


def _share(sums: np.ndarray, size: int, split: str) -> float:
    """The sum over the train rows, or over the others."""
    return float(sums[size - 1] if split == "train" else sums[-1] - sums[size - 1])


def _draw(rule: RandomSplit) -> tuple[str, int]:
    """What distinguishes the order of the rows: random_split draws that of randperm."""
    return "torch-randperm" if _name(rule) == "torch-random-split" else _name(rule), rule.seed


def _name(rule: RandomSplit) -> str:
    return str(rule.model_dump()["kind"])


def _described(rule: RandomSplit, rows: int) -> str:
    return f"{_name(rule)}, {int(rule.mask(rows).sum())} of {rows} rows"
