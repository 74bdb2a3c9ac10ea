"""Losses and accuracies of checkpoints, computed again and compared with the recorded ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch

from mechgrok.auditing.checkpoints import place
from mechgrok.auditing.finding import Finding
from mechgrok.runs import store
from mechgrok.runs.run import Run
from mechgrok.training.evaluation.evaluator import evaluator
from mechgrok.training.evaluation.scores import Evaluation
from mechgrok.training.objective import Objective
from mechgrok.training.row_table import RowTable

RELATIVE, ABSOLUTE = 1e-3, 1e-9
"""A loss may differ so much: its logits are computed in float32, on another number of threads or another device."""
_SPLITS = ("train", "test")


@dataclass(frozen=True)
class Comparison:
    """The recorded and the recomputed readings of one checkpoint."""

    step: int
    recorded: Mapping[str, float]
    found: Mapping[str, Evaluation]

    @property
    def differing(self) -> list[str]:
        """The splits whose loss is not the recorded one."""
        return [split for split, loss in self.recorded.items() if split in self.found and not agree(loss, self.found[split].loss)]

    @property
    def exchanged(self) -> bool:
        """Whether the recorded losses of train and test are those of the other split."""
        both = all(split in self.recorded and split in self.found for split in _SPLITS)
        return both and all(
            agree(self.recorded[one], self.found[other].loss) for one, other in zip(_SPLITS, reversed(_SPLITS), strict=True)
        )

    @property
    def agrees_over_all_rows(self) -> bool:
        """Whether the loss over all rows is the recorded one, so that weights and labels are right and the split is not."""
        if not all(split in self.recorded and split in self.found for split in _SPLITS):
            return False
        rows = {split: self.found[split].rows for split in _SPLITS}
        return agree(*(sum(rows[split] * each[split] for split in _SPLITS) for each in (self.recorded, self._losses)))

    @property
    def _losses(self) -> dict[str, float]:
        return {split: each.loss for split, each in self.found.items()}

    def __str__(self) -> str:
        split = self.differing[0]
        return f"{split} loss recorded {self.recorded[split]:.6g}, recomputed {self.found[split].loss:.6g}"


def agree(one: float, other: float) -> bool:
    """Whether two losses differ by rounding alone; two that are not numbers agree."""
    return one == other or (one != one and other != other) or abs(one - other) <= RELATIVE * max(abs(one), abs(other)) + ABSOLUTE


class Recomputation:
    """The evaluations of a run's checkpoints, from its config, split and labels."""

    def __init__(self, run: Run) -> None:
        assert run.is_train is not None
        table = RowTable(run.task, run.corrupted, torch.device("cpu"))
        objective = Objective(run.config.training, {})
        self.run = run
        self._evaluator = evaluator(run.config, run.is_train, table, run.corrupted, objective, torch.device("cpu"))
        self._recorded = run.metrics.dropna(subset=["loss"])

    def at(self, step: int) -> Comparison:
        """The readings of one checkpoint."""
        weights, _ = store.read_tensors(self.run.weights_path(step))
        found = self._evaluator.evaluate(lambda rows: self.run.network.logits(weights, rows.batch))
        recorded = self._recorded[self._recorded["step"] == step]
        return Comparison(step, dict(zip(recorded["split"], recorded["loss"], strict=True)), {each.split: each for each in found})


def obstacle(run: Run) -> str | None:
    """Why the losses of a run cannot be compared with recorded ones; None where they can."""
    if "device" not in run.execution:
        return "its readings are those of the file or loop that it comes from, of a step before the weights or of a batch"
    if run.is_train is None or run.is_train.shape != (run.task.row_count,):
        return "its train rows are unknown"
    return "its network is a module of the user" if run.lacks_module else None


def judge(compared: Sequence[Comparison]) -> Iterator[Finding]:
    """What is wrong where losses are not the recorded ones: the split, if it is wrong everywhere; else single checkpoints."""
    wrong = [each for each in compared if each.differing]
    if wrong and all(each.exchanged for each in wrong):
        yield Finding(store.SPLIT, f"train and test are exchanged, as the losses of {len(wrong)} checkpoints show; restore it from a copy")
    elif wrong and len(wrong) == len(compared) and all(each.agrees_over_all_rows for each in wrong):
        yield Finding(
            store.SPLIT, f"the train rows are not those of the recorded losses (step {wrong[0].step}: {wrong[0]}); restore it from a copy"
        )
    else:
        for each in wrong:
            yield Finding(place(each.step), f"{each}; the checkpoint or {store.METRICS} is of another run, or was edited")
    for each in compared:
        if not each.recorded:
            yield Finding(store.METRICS, f"no reading of step {each.step}, which has a checkpoint; restore it from a copy")
