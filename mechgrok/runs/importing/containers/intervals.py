"""The steps of recorded lists that have no steps beside them."""

from __future__ import annotations


def evenly(count: int, every: int) -> list[int]:
    """The steps of `count` records from step 0."""
    return [every * at for at in range(count)]


def infer_steps(count: int, longest: int, last: int | None) -> tuple[list[int], str]:
    """The steps of `count` records, and a note on the assumption. `longest` is the length of the longest list, `last` the weights' step.

    Records lie evenly from step 0. They end at the step of the weights where that is a whole number of intervals, else an interval
    before it. Where that fits no interval, and where the step of the weights is not known, the longest list has one record an update.
    """
    if last and count > 1 and last % (count - 1) == 0 and last % count:
        every = last // (count - 1)
    elif last and last % count == 0:
        every = last // count
    else:
        every = max(1, -(-longest // count))
    how = "an update" if every == 1 else f"every {every} updates"
    note = f"no steps beside these {count} records: one {how} is assumed (correct it by --record-every N)"
    return evenly(count, every), note
