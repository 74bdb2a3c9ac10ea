"""Stretches of readings."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mechgrok.maths.curves.episodes import episodes


def test_a_reading_outside_ends_a_stretch() -> None:
    steps = [0, 100, 200, 300, 400, 500]
    assert episodes(steps, [True, False, True, True, False, True]) == [(0, 0), (2, 3), (5, 5)]
    assert episodes(steps, [False] * 6) == []
    assert episodes([], []) == []


def test_near_ones_are_one() -> None:
    steps = [0, 1, 2, 3, 50, 51, 120]
    inside = [True, False, True, False, False, True, True]
    assert episodes(steps, inside, 0) == [(0, 0), (2, 2), (5, 6)]
    assert episodes(steps, inside, 2) == [(0, 2), (5, 6)]
    assert episodes(steps, inside, 48) == [(0, 2), (5, 6)]
    assert episodes(steps, inside, 49) == [(0, 6)]


def test_neighbours_are_one_however_far_apart() -> None:
    assert episodes([0, 1000, 2000], [True, True, True], 5) == [(0, 2)]


@given(st.lists(st.booleans(), max_size=40))
def test_they_cover_what_is_inside_and_nothing_else(inside: list[bool]) -> None:
    found = episodes(range(len(inside)), inside)
    covered = {index for first, last in found for index in range(first, last + 1)}
    assert covered == {index for index, yes in enumerate(inside) if yes}
    assert all(later[0] > earlier[1] + 1 for earlier, later in pairwise(found))
