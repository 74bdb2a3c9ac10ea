"""Which rows a step is trained on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechgrok.training.batches import Batches, rows_a_step

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


def test_drawn_with_replacement_rows_come_from_seed_and_step_alone() -> None:
    forwards, backwards = (Batches(ROWS, 4, 9, "replacement") for _ in range(2))
    once = [forwards.at(step).tolist() for step in range(20)]
    assert [backwards.at(step).tolist() for step in reversed(range(20))][::-1] == once
    assert len({tuple(rows) for rows in once}) == 20
    assert Batches(ROWS, 4, 8, "replacement").at(0).tolist() != once[0]


def test_drawn_with_replacement_every_row_is_as_likely_and_may_come_twice() -> None:
    """7000 draws of seven rows: 1000 each, give or take five standard deviations of 29.3; batches may be larger than the split."""
    batches = Batches(ROWS, 14, 0, "replacement")
    drawn = np.concatenate([batches.at(step) for step in range(500)])
    counts = [int((drawn == row).sum()) for row in ROWS]
    assert sum(counts) == 7000
    assert all(abs(count - 1000) < 5 * 29.3 for count in counts)


def test_a_fixed_order_is_the_tables_in_every_epoch() -> None:
    batches = Batches(ROWS, 3, 0, "fixed")
    assert [batches.at(step).tolist() for step in range(6)] == [[3, 5, 8], [13, 21, 34], [55]] * 2


@pytest.mark.parametrize(
    ("batch", "train", "size"),
    [
        ("full", 3830, None),
        ("auto", 3830, 512),
        ("auto", 1023, 512),
        ("auto", 1021, 511),
        ("auto", 1, 1),
        (128, 3830, 128),
        (1, 3830, 1),
        (1.0, 3830, 3830),
        (0.07, 100, 7),
        (0.5, 7, 4),
        (1e-9, 7, 1),
    ],
)
def test_how_many_rows_that_are(batch: str | float, train: int, size: int | None) -> None:
    """auto: min(512, ceil(n / 2)), as the source has it; a share as it is written, though 0.07 * 100 is above 7 in doubles."""
    assert rows_a_step(batch, train) == size
