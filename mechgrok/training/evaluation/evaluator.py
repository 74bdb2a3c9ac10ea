"""Loss and accuracy on each split and on its subsets, over all of their rows or over a random sample, in pieces that fit into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from mechgrok.config import Config, Training
from mechgrok.maths.landscape import losses
from mechgrok.tasks.parts import as_mixture
from mechgrok.training import randomness
from mechgrok.training.evaluation import subsets
from mechgrok.training.evaluation.scores import Evaluation, Scores
from mechgrok.training.evaluation.subsets import Subset
from mechgrok.training.objective import Objective, is_recorded
from mechgrok.training.row_table import PreparedRows, RowTable

if TYPE_CHECKING:
    from mechgrok.data.corruptions.corruption import Labels

MOST_LOGITS = 2**24
"""Logits of one piece. A split with no more is one piece, prepared once."""


@dataclass(frozen=True)
class Piece:
    """Some rows of a split, prepared, and their places in it."""

    start: int
    stop: int
    inputs: PreparedRows

    def of(self, subset: Subset, logits: Tensor) -> tuple[Tensor, Tensor]:
        """The logits of those rows of a subset that are in the piece, whose logits are given, and their labels."""
        first, last = torch.searchsorted(subset.places, torch.tensor([self.start, self.stop], device=logits.device)).tolist()
        places = subset.places[first:last] - self.start
        return logits if len(places) == len(logits) else logits[places], subset.labels[first:last]


class EvaluatedSplit:
    """The rows of a split that are evaluated, and its subsets, the first of which is the split."""

    def __init__(
        self, name: str, rows: np.ndarray, table: RowTable, config: Config, corrupted: Labels | None, device: torch.device
    ) -> None:
        self.all_rows, self._table, self._at_once = len(rows), table, max(1, MOST_LOGITS // config.task.classes)
        self._rows = chosen = _sample(rows, config.training, name)
        labels = torch.from_numpy(table.labels(chosen)).to(device)
        parts = subsets.by_part(name, config.task, chosen, labels)
        whole = Subset(name, torch.arange(len(chosen), device=device), labels)
        self.subsets = [whole, *subsets.by_label_kind(name, chosen, corrupted, device), *parts]
        self.tasks = parts if as_mixture(config.task) else []

    def pieces(self) -> Iterator[Piece]:
        """The rows, some at a time."""
        starts = range(0, len(self._rows), self._at_once)
        yield from [self._only] if len(starts) == 1 else map(self._piece, starts)

    @cached_property
    def _only(self) -> Piece:
        return self._piece(0)

    def _piece(self, start: int) -> Piece:
        rows = self._rows[start : start + self._at_once]
        return Piece(start, start + len(rows), self._table.prepared(rows)[0])


class Evaluator:
    """Evaluates weights on the splits of a run."""

    def __init__(self, config: Config, splits: Sequence[EvaluatedSplit], objective: Objective) -> None:
        self._splits, self._objective, self._has_own_loss = splits, objective, not is_recorded(config)

    @torch.no_grad()
    def evaluate(self, logits: Callable[[PreparedRows], Tensor]) -> list[Evaluation]:
        """Loss and accuracy over each split and over its subsets by kind of label and by part of the table.

        Train rows are compared with the labels that they are trained with, test rows with the truth. Subsets have their own labels.
        """
        return [each for split in self._splits for each in self._of_split(split, logits)]

    def _of_split(self, split: EvaluatedSplit, logits: Callable[[PreparedRows], Tensor]) -> Iterator[Evaluation]:
        found = {subset.name: Scores() for subset in split.subsets}
        for piece in split.pieces():
            computed = logits(piece.inputs)
            for subset in split.subsets:
                self._add(found[subset.name], *piece.of(subset, computed))
        trained = {name: scores.trained for name, scores in found.items()}
        if split.tasks and self._has_own_loss:
            trained[split.subsets[0].name] = sum(trained[task.name] or 0.0 for task in split.tasks)
        share = len(found[split.subsets[0].name]) / split.all_rows
        yield from (scores.evaluation(name, trained[name], share) for name, scores in found.items())

    def _add(self, scores: Scores, logits: Tensor, labels: Tensor) -> None:
        if len(labels):
            own = float(self._objective.data(logits, labels)) if self._has_own_loss else None
            scores.add(losses.per_example(logits, labels), logits.argmax(1) == labels, own)


def evaluator(
    config: Config, is_train: np.ndarray, table: RowTable, corrupted: Labels | None, objective: Objective, device: torch.device
) -> Evaluator:
    """The evaluator of a run with the train mask `is_train` (n,)."""
    rows = {"train": np.flatnonzero(is_train), "test": np.flatnonzero(~is_train)}
    splits = [EvaluatedSplit(name, each, table, config, corrupted, device) for name, each in rows.items() if len(each)]
    return Evaluator(config, splits, objective)


def _sample(rows: np.ndarray, training: Training, split: str) -> np.ndarray:
    """All rows of a split, or `training.evaluate_rows` of them, ascending; the same at every evaluation of the run."""
    if training.evaluate_rows is None or training.evaluate_rows >= len(rows):
        return rows
    draw = np.random.default_rng([training.seed, randomness.EVALUATED_ROWS, int(split == "test")])
    return np.sort(draw.choice(rows, training.evaluate_rows, replace=False))
