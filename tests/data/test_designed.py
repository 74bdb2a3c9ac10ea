"""The split that a task's design decides, and a leak planted in it."""

from __future__ import annotations

import numpy as np
import pytest

from mechgrok.data.splits.designed import Designed
from mechgrok.errors import UserError
from mechgrok.tasks.aliases import Aliases
from mechgrok.tasks.modular import Modular

TASK = Aliases(p=23)


def test_it_is_what_the_task_says() -> None:
    assert np.array_equal(Designed().train_rows(TASK), TASK.trained_rows())


def test_a_leak_adds_the_held_out_questions_of_a_set_and_nothing_else() -> None:
    more = Designed(leak=("DtQ1",)).train_rows(TASK) & ~TASK.trained_rows()
    held_out = ~TASK.trained_rows() & (TASK.part_of_row() == TASK.part_names.index("DtQ1"))
    assert held_out.any()
    assert np.array_equal(more, held_out)


@pytest.mark.parametrize(
    ("split", "task", "words"), [(Designed(), Modular(p=7), "such as aliases"), (Designed(leak=("Q7",)), TASK, "Q7: the task")]
)
def test_what_it_cannot_do_is_said(split: Designed, task: Aliases | Modular, words: str) -> None:
    with pytest.raises(UserError, match=words):
        split.train_rows(task)
