"""Which rows a step is trained on."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mechgrok.training.batches import Batches

ROWS = np.array([3, 5, 8, 13, 21, 34, 55])


def epoch(batches: Batches, number: int, size: int) -> list[int]:
    length = -(-len(batches.rows) // size)
    return [row for step in range(number * length, (number + 1) * length) for row in batches.at(step).tolist()]


@given(count=st.integers(1, 40), size=st.integers(1, 60), seed=st.integers(0, 2**32), number=st.integers(0, 10**6))
def test_every_train_row_comes_once_an_epoch(count: int, size: int, seed: int, number: int) -> None:
    rows = np.arange(100, 100 + 3 * count, 3)
    batches = Batches(rows, size, seed)
    assert sorted(epoch(batches, number, min(size, count))) == rows.tolist()


def test_all_batches_but_the_last_of_an_epoch_are_full() -> None:
    batches = Batches(ROWS, 3, 0)
    assert [len(batches.at(step)) for step in range(7)] == [3, 3, 1, 3, 3, 1, 3]


def test_epochs_differ_and_so_do_seeds() -> None:
    orders = [epoch(Batches(ROWS, 3, seed), number, 3) for seed in (0, 1) for number in (0, 1, 2)]
    assert len({tuple(order) for order in orders}) == 6


def test_the_rows_of_a_step_do_not_depend_on_those_before() -> None:
    forwards, backwards = Batches(ROWS, 2, 9), Batches(ROWS, 2, 9)
    once = [forwards.at(step).tolist() for step in range(20)]
    assert [backwards.at(step).tolist() for step in reversed(range(20))][::-1] == once
    np.random.default_rng(0).random()
    assert Batches(ROWS, 2, 9).at(17).tolist() == once[17]


def test_a_batch_larger_than_the_split_is_the_split() -> None:
    batches = Batches(ROWS, 100, 0)
    assert [sorted(batches.at(step).tolist()) for step in range(3)] == [ROWS.tolist()] * 3


def test_a_full_batch_has_no_order() -> None:
    assert Batches(ROWS, None, 0).at(5) is None
