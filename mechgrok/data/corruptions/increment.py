"""Labels one too high on a random share of the train rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from mechgrok.data.corruptions.corruption import label_count
from mechgrok.data.corruptions.noise import ShareOfRows

if TYPE_CHECKING:
    from mechgrok.tasks.task import Task


class Increment(ShareOfRows):
    """Label (c + 1) mod p instead of c for a random share of the train rows (devon-research/grokking). Every new label is wrong."""

    kind: Literal["increment"] = "increment"
    words: ClassVar[str] = "label c + 1 on random rows"

    def draw(self, task: Task, is_train: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows = self.draw_rows(is_train, np.random.default_rng(self.seed))
        return rows, (task.labels()[rows] + 1) % label_count(task)
