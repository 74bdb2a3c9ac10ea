"""Updates between records without steps."""

from __future__ import annotations

import pytest

from mechgrok.runs.importing.intervals import infer_intervals, record_interval


@pytest.mark.parametrize(("updates", "every"), [(50_000, 10), (25_000, 1), (1001, 100), (7, 3), (1, 1)])
def test_the_interval_that_made_the_records_is_found(updates: int, every: int) -> None:
    made = len([epoch for epoch in range(updates) if epoch % every == 0])
    found = record_interval(made, updates)
    assert found is not None
    assert len(range(0, updates, found)) == made
    assert every != 10 or found == 10


def test_no_interval_gives_99_records_of_100() -> None:
    assert record_interval(99, 100) is None
    assert record_interval(0, 100) is None


@pytest.mark.parametrize(("updates", "train_every", "test_every"), [(1000, 1, 10), (1000, 10, 50), (600, 25, 100)])
@pytest.mark.parametrize("last_too", [False, True])
def test_the_intervals_of_a_loop_are_found(updates: int, train_every: int, test_every: int, last_too: bool) -> None:
    """Counted as a loop would log: the train loss before an update, the test loss before some, and perhaps after the last."""
    steps = {every: [step for step in range(updates) if step % every == 0] for every in (train_every, test_every)}
    if last_too and updates % test_every == 0:
        steps[test_every].append(updates)
    counts = [len(steps[train_every]), len(steps[test_every])]
    assert infer_intervals(counts, updates if train_every > 1 else None) == [train_every, test_every]
    assert infer_intervals(counts, None, train_every) == [train_every, test_every]


def test_a_list_with_one_record_less_has_the_same_interval() -> None:
    assert infer_intervals([100, 99], None) == [1, 1]


def test_a_list_that_fits_nothing_has_no_interval() -> None:
    assert infer_intervals([100, 63], None) == [1, None]
