"""Updates between the records of lists that have no steps beside them."""

from __future__ import annotations

from collections.abc import Sequence


def infer_intervals(counts: Sequence[int], end: int | None, every: int | None = None) -> list[int | None]:
    """The updates between two records of each list, by its number of records; None where a list fits no interval.

    The longest list has a record every `every` updates. By default its records end at step `end`, that of the weights, or an interval
    before it; where these are no whole numbers of updates, there is one record an update. The others cover the same updates.
    """
    longest = max(counts)
    base = every or interval_ending_at(longest, end) or 1
    ratios = {count: relative_interval(count, longest) for count in counts}
    return [base * ratio if (ratio := ratios[count]) else interval_ending_at(count, end) for count in counts]


def interval_ending_at(count: int, end: int | None) -> int | None:
    """The updates between `count` records from step 0 on that end an interval before step `end`, or else at it; None where neither fits."""
    if not end or not count:
        return None
    if end % count == 0:
        return end // count
    return end // (count - 1) if count > 1 and end % (count - 1) == 0 else None


def relative_interval(count: int, longest: int) -> int | None:
    """The records of the longest list for one of a list of `count`; None where both cover the same updates in no way.

    The shorter list may have a record at the end as well, or lack one.
    """
    if found := record_interval(count, longest):
        return found
    if count > 1 and longest % (count - 1) == 0:
        return longest // (count - 1)
    return 1 if longest - count == 1 else None


def record_interval(count: int, updates: int) -> int | None:
    """The updates between `count` records over epochs 0 .. updates - 1, the first at epoch 0; None where no interval fits.

    It is ceil(updates / count), provided that so many apart there are `count` of them: 5000 records over 50 000 updates are 10 apart.
    """
    if not count:
        return None
    steps = -(-updates // count)
    return steps if -(-updates // steps) == count else None
