"""Answers of other rows on the first train rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from mechgrok.data.corruptions.noise import NumberOfRows

if TYPE_CHECKING:
    from mechgrok.tasks.task import Task


class NoisyAnswers(NumberOfRows):
    """The first k train rows of a shuffled table get the answers of k rows drawn with repetition: `_noisy_k` of Power et al. 2022's code.

    Shuffle and draw are those of `numpy.random.RandomState(seed)`, number for number, over the table in its own order. With a split that
    takes a prefix of the same shuffle (in MIML-grokking its seed is 0), the rows are the very first of it; with another split they are
    the first that it trains on. The answers are those of any rows, test rows too, so they are as frequent as labels are in the table, and
    may be the truth. There, a k beyond the train rows changes test labels; here it is refused.
    """

    kind: Literal["noisy-answers"] = "noisy-answers"

    def draw(self, task: Task, is_train: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        count = self.count(int(is_train.sum()))
        generator = np.random.RandomState(self.seed % 2**32)
        shuffled = list(range(len(is_train)))
        generator.shuffle(shuffled)
        order = np.array(shuffled)
        return order[is_train[order]][:count], task.labels()[generator.choice(order, count)]
