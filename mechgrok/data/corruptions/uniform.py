"""Random labels on a random share of the train rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from mechgrok.data.corruptions.corruption import label_count
from mechgrok.data.corruptions.noise import ShareOfRows

if TYPE_CHECKING:
    from mechgrok.tasks.task import Task

Among = Literal["all", "wrong"]


class Uniform(ShareOfRows):
    """Labels drawn uniformly for a share of the train rows, as in Doshi et al. 2023 (arXiv 2310.13061) and devon-research/grokking.

    With `among` all, as in the latter, one in p draws equals the truth, so about fraction (1 - 1/p) of the train labels are wrong. Rows and
    labels are drawn from this part's own `seed`; in the latter, one generator draws split, labels and weights in turn.
    """

    kind: Literal["uniform"] = "uniform"
    words: ClassVar[str] = "random labels on random rows"
    among: Among = "all"
    """all: the new label may equal the truth; wrong: it never does."""

    def draw(self, task: Task, is_train: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        generator = np.random.default_rng(self.seed)
        rows = self.draw_rows(is_train, generator)
        return rows, draw_labels(task, rows, generator, self.among)


def draw_labels(task: Task, rows: np.ndarray, generator: np.random.Generator, among: Among) -> np.ndarray:
    """A label for each row (k,), drawn uniformly from all labels or from the wrong ones."""
    count = label_count(task)
    if among == "all":
        return generator.integers(count, size=len(rows))
    return (task.labels()[rows] + generator.integers(1, count, size=len(rows))) % count
