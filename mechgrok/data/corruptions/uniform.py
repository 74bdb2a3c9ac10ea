"""Random labels on a share of the train rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from mechgrok.data.corruptions.corruption import label_count
from mechgrok.data.corruptions.noise import ShareOfRows

if TYPE_CHECKING:
    from mechgrok.tasks.task import Task

Among = Literal["all", "wrong"]


class Uniform(ShareOfRows):
    """Labels drawn uniformly for a share of the train rows, as in Doshi et al. 2023 (arXiv 2310.13061) and devon-research/grokking.

    `among` all numbers, as the latter draws them, one in p draws is the truth, so that about fraction (1 - 1/p) of the labels are wrong.
    Rows and labels come from this part's own `seed`; there, one generator makes split, labels and weights in turn.
    """

    kind: Literal["uniform"] = "uniform"
    among: Among = "all"
    """all: the new label may be the truth; wrong: it never is."""

    def draw(self, task: Task, is_train: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        generator = np.random.default_rng(self.seed)
        rows = self.draw_rows(is_train, generator)
        return rows, draw_labels(task, rows, generator, self.among)


def draw_labels(task: Task, rows: np.ndarray, generator: np.random.Generator, among: Among) -> np.ndarray:
    """A label for each row, drawn uniformly from all of them, or from those that are wrong."""
    count = label_count(task)
    if among == "all":
        return generator.integers(count, size=len(rows))
    return (task.labels()[rows] + generator.integers(1, count, size=len(rows))) % count
