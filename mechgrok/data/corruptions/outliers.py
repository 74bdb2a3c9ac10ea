"""Random labels on a given number of train rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from mechgrok.data.corruptions.noise import NumberOfRows
from mechgrok.data.corruptions.uniform import Among, draw_labels

if TYPE_CHECKING:
    from mechgrok.tasks.task import Task


class Outliers(NumberOfRows):
    """Labels drawn uniformly for k train rows: the outliers of Power et al. 2022 (arXiv 2201.02177), with k = 0, 10, 100, 1000, 2000, 3000.

    Their published code takes the labels of k random rows instead (`noisy-answers`). The two differ where labels are not equally
    frequent.
    """

    kind: Literal["outliers"] = "outliers"
    words: ClassVar[str] = "random labels on random rows"
    among: Among = "all"
    """all: the new label may equal the truth; wrong: it never does."""

    def draw(self, task: Task, is_train: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        generator = np.random.default_rng(self.seed)
        rows = self.draw_rows(is_train, generator)
        return rows, draw_labels(task, rows, generator, self.among)
