"""Labels without a rule, against numpy's own call."""

from __future__ import annotations

import hashlib

import numpy as np

from mechgrok.tasks.random_table import RandomTable


def test_the_table_is_the_one_that_numpy_draws() -> None:
    state = np.random.get_state()
    np.random.seed(5)
    table = np.random.randint(0, 11, (11, 11))
    np.random.set_state(state)
    assert RandomTable(p=11, table_seed=5).labels().tolist() == table.ravel().tolist()


def test_it_is_the_same_for_ever() -> None:
    labels = RandomTable(p=113).labels()
    assert labels[:6].tolist() == [44, 47, 64, 67, 67, 103]
    assert hashlib.sha256(labels.astype("<i8").tobytes()).hexdigest() == TABLE


def test_rows_that_are_left_out_do_not_move_the_others() -> None:
    whole, part = RandomTable(p=7), RandomTable(p=7, domain={"nonzero": True})  # type: ignore[arg-type]
    assert part.labels().tolist() == whole.labels().reshape(7, 7)[1:, 1:].ravel().tolist()


def test_it_follows_no_group() -> None:
    task = RandomTable(p=7)
    assert (task.basis, task.symmetric, task.polynomial, task.structure) == (None, False, None, None)


TABLE = "ee44f7d1360b416f08ad686eea74d6270820be46b3a325c4375fc9136dc3a028"
