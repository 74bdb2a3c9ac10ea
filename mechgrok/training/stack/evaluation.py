"""Loss and accuracy of every run of a stack on its train and test rows, from one forward pass over the table."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from mechgrok.maths.landscape import losses
from mechgrok.models.forward.stacked import StackedBatch
from mechgrok.training.evaluation.evaluator import MOST_LOGITS
from mechgrok.training.evaluation.scores import Evaluation
from mechgrok.training.stack.stack import Stack


class StackEvaluator:
    """Evaluates the weights of a stack. The rows of the table are prepared once."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        is_train = torch.from_numpy(np.stack([each.is_train for each in stack.members])).to(stack.device)
        masks = {"train": is_train, "test": ~is_train}
        self._counts = {split: int(mask[0].sum()) for split, mask in masks.items()}
        self._masks = {split: mask for split, mask in masks.items() if self._counts[split]}
        self._pieces = list(self._prepared())

    def _prepared(self) -> Iterator[tuple[StackedBatch, Tensor]]:
        """The rows of the table, prepared some at a time, and their labels (runs, rows)."""
        task, runs = self._stack.config.task, len(self._stack.members)
        tokens, labels = (torch.from_numpy(each).to(self._stack.device) for each in (task.inputs(), task.labels()))
        at_once = max(1, MOST_LOGITS // (task.classes * runs))
        for some, own in zip(tokens.split(at_once), labels.split(at_once), strict=True):
            yield StackedBatch.of(some.expand(runs, -1, -1), task.vocabulary), own.expand(runs, -1)

    @torch.no_grad()
    def evaluate(self) -> list[list[Evaluation]]:
        """For each run, loss and accuracy over each split that is not empty. The device is waited for once."""
        found = [self._of_rows(*piece) for piece in self._pieces]
        nats, right = (torch.cat(parts, 1) for parts in zip(*found, strict=True))
        means = {split: self._means(split, nats, right) for split in self._masks}
        numbers = torch.stack([each for pair in means.values() for each in pair]).cpu().view(len(means), 2, -1)
        return [
            [
                Evaluation(split, self._counts[split], float(loss), float(accuracy))
                for split, (loss, accuracy) in zip(means, of_run, strict=True)
            ]
            for of_run in numbers.permute(2, 0, 1)
        ]

    def _of_rows(self, batch: StackedBatch, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Cross-entropy of each row, and whether its answer is right (runs, rows)."""
        logits = self._stack.logits(batch)
        nats = losses.per_example(logits.flatten(0, 1), labels.flatten()).view_as(labels)
        return nats, logits.argmax(-1) == labels

    def _means(self, split: str, nats: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
        mask, count = self._masks[split], self._counts[split]
        return nats.where(mask, nats.new_zeros(())).sum(1) / count, (right & mask).sum(1).double() / count
