"""Labels of other rows on the first train rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from mechgrok.data.corruptions.noise import NumberOfRows

if TYPE_CHECKING:
    from mechgrok.tasks.task import Task


class NoisyAnswers(NumberOfRows):
    """The first k train rows of a shuffled table get the labels of k rows drawn with replacement: `_noisy_k` of Power et al. 2022's code.

    Shuffle and draw are those of `numpy.random.RandomState(seed)`, number for number, over the table in its own order. With a split that
    takes a prefix of the same shuffle (in MIML-grokking its seed is 0), the changed rows are the first k of the shuffle; with another
    split they are its first k train rows. The new labels are those of any rows, test rows included. Each label is therefore as frequent
    as in the table, and it may equal the truth. In their code a k beyond the number of train rows changes test labels; here it is an error.
    """

    kind: Literal["noisy-answers"] = "noisy-answers"
    words: ClassVar[str] = "labels of other rows"

    def draw(self, task: Task, is_train: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        count = self.count(int(is_train.sum()))
        generator = np.random.RandomState(self.seed % 2**32)
        shuffled = list(range(len(is_train)))
        generator.shuffle(shuffled)
        order = np.array(shuffled)
        return order[is_train[order]][:count], task.labels()[generator.choice(order, count)]
