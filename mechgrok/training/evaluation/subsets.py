"""Subsets of a split that are evaluated separately: by the kind of label in a corrupted run, and by the part of the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from mechgrok.tasks.parts import WithParts

if TYPE_CHECKING:
    from mechgrok.data.corruptions.corruption import Labels
    from mechgrok.tasks.task import Task


@dataclass(frozen=True)
class Subset:
    """Some rows of a split, and the labels that they are compared with."""

    name: str
    """Name in the column `split` of the metrics."""
    places: Tensor
    """Indices into the rows of the split (m,)."""
    labels: Tensor
    """Labels (m,)."""


def by_label_kind(split: str, rows: np.ndarray, corrupted: Labels | None, device: torch.device) -> list[Subset]:
    """The non-empty subsets of a split with these `rows` of the table, by the kind of label; an empty list if no label is corrupted."""
    found = {} if corrupted is None else _train(corrupted) if split == "train" else _test(corrupted)
    return _subsets(found, rows, device)


def by_part(split: str, task: Task, rows: np.ndarray, labels: Tensor) -> list[Subset]:
    """The rows of a split by the part of the table (of a mixture: the task) that they belong to, against the split's `labels` (rows,)."""
    if not isinstance(task, WithParts):
        return []
    of_row = torch.from_numpy(task.part_of_row()[rows]).to(labels.device)
    places = [torch.nonzero(of_row == number)[:, 0] for number in range(len(task.part_names))]
    found = zip(task.part_names, places, strict=True)
    return [Subset(f"{split}-{name}", inside, labels[inside]) for name, inside in found if len(inside)]


def _subsets(found: Mapping[str, tuple[np.ndarray, np.ndarray]], rows: np.ndarray, device: torch.device) -> list[Subset]:
    """The subsets that contain any of the `rows`, from a mask (n,) and labels (n,) over the whole table for each name."""
    made = [
        Subset(name, torch.from_numpy(np.flatnonzero(mask[rows])).to(device), torch.from_numpy(labels[rows][mask[rows]]).to(device))
        for name, (mask, labels) in found.items()
    ]
    return [each for each in made if len(each.labels)]


def _train(labels: Labels) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    return {
        "train-clean": (~labels.poisoned, labels.truth),
        "train-poisoned": (labels.poisoned, labels.trained),
        "train-poisoned-truth": (labels.poisoned, labels.truth),
    }


def _test(labels: Labels) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Empty where no row is a trigger: then all test rows are clean, and the split `test` has their metrics."""
    if not labels.trigger.any():
        return {}
    return {
        "test-clean": (~labels.trigger, labels.truth),
        "test-trigger-rule": (labels.trigger, labels.rule),
        "test-trigger-truth": (labels.trigger, labels.truth),
    }
