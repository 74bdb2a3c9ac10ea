"""Subgroups and cosets: known numbers of them, Lagrange's theorem, and the law of total variance."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import numpy as np
import pytest

from mechgrok.maths.algebra.cosets import concentration, cosets, expected_concentration, subgroups
from mechgrok.maths.algebra.groups import Group, alternating, cyclic, dihedral, symmetric

KNOWN = {
    symmetric(2): 2,
    symmetric(3): 6,
    symmetric(4): 30,
    symmetric(5): 156,
    alternating(3): 2,
    alternating(4): 10,
    alternating(5): 59,
    dihedral(2): 5,
    dihedral(4): 10,
    dihedral(5): 8,
    dihedral(12): 34,
    cyclic(7): 2,
    cyclic(12): 6,
}
"""OEIS A005432 for S_n, A029725 for A_n; sigma(n) + tau(n) for D_n, tau(n) for Z_n."""
small = pytest.mark.parametrize("group", [symmetric(4), alternating(4), dihedral(6), cyclic(12)], ids=lambda group: group.name)


@pytest.mark.parametrize(("group", "count"), KNOWN.items(), ids=lambda value: getattr(value, "name", ""))
def test_there_are_as_many_as_is_known(group: Group, count: int) -> None:
    assert len(subgroups(group)) == len({each.elements for each in subgroups(group)}) == count


def test_the_orders_in_s5() -> None:
    """The table of marks: 5 copies of S4, 6 of the Frobenius group of order 20, 10 of S3 x S2, one A5, ..."""
    orders = Counter(each.order for each in subgroups(symmetric(5)))
    assert orders == {1: 1, 2: 25, 3: 10, 4: 35, 5: 6, 6: 30, 8: 15, 10: 6, 12: 15, 20: 6, 24: 5, 60: 1, 120: 1}


@small
def test_they_are_closed_and_their_generators_reach_all(group: Group) -> None:
    for each in subgroups(group):
        inside = set(each.elements)
        assert {group.table[a, b] for a in inside for b in inside} == inside
        reached = {group.identity}
        while not reached >= (more := {int(group.table[a, b]) for a in reached for b in each.generators}):
            reached |= more
        assert reached == inside


@small
@pytest.mark.parametrize("side", ["left", "right"])
def test_cosets_by_definition(group: Group, side: str) -> None:
    """x and y share a left coset if x^-1 y is in H, a right one if x y^-1 is."""
    x, y = np.indices((group.order, group.order))
    quotient = group.table[group.inverse[x], y] if side == "left" else group.table[x, group.inverse[y]]
    for each in subgroups(group):
        parts = cosets(group, each, side)  # type: ignore[arg-type]
        assert ((parts[x] == parts[y]) == np.isin(quotient, each.elements)).all()
        assert np.bincount(parts).tolist() == [each.order] * (group.order // each.order)


def test_concentration_by_definition() -> None:
    f, parts = np.array([[1.0, 5.0], [3.0, 5.0], [2.0, 1.0], [8.0, 1.0]]), np.array([0, 0, 1, 1])
    assert concentration(f, parts).tolist() == pytest.approx([(0.5 * 1 + 0.5 * 9) / 7.25, 0])


def test_unequal_parts_weigh_by_their_size() -> None:
    """Trap: a plain mean, or a sum, of the parts' variances."""
    f, parts = np.array([0.0, 2.0, 4.0, 9.0])[:, None], np.array([0, 0, 0, 1])
    assert concentration(f, parts) == pytest.approx([0.75 * np.var([0, 2, 4]) / np.var([0, 2, 4, 9])])


@small
def test_indicators_of_cosets_are_concentrated_and_their_side_matters(group: Group) -> None:
    """That of g H is constant on right cosets too if and only if g H = H g."""
    for each in subgroups(group):
        left, right = (cosets(group, each, side) for side in ("left", "right"))  # type: ignore[arg-type]
        f = (left == left[-1]).astype(float)[:, None]
        if f.var() > 0:
            assert concentration(f, left) == 0
            assert (concentration(f, right) < 1e-12) == np.array_equal(left == left[-1], right == right[-1])


@small
def test_larger_subgroups_are_never_more_concentrated(group: Group) -> None:
    """Why the smallest concentration by itself says nothing about which subgroup it is."""
    f = np.random.default_rng(0).normal(size=(group.order, 4))
    values = {each: concentration(f, cosets(group, each, "left")) for each in subgroups(group)}
    for smaller, lower in values.items():
        for larger, upper in values.items():
            if set(smaller.elements) <= set(larger.elements):
                assert (lower <= upper + 1e-12).all()


def test_what_is_expected_is_the_mean_over_all_rearrangements() -> None:
    group = symmetric(3)
    f = np.array(list(permutations([0.0, 1.0, 1.5, 4.0, -2.0, 7.0]))).T
    for each in subgroups(group)[1:-1]:
        parts = cosets(group, each, "right")
        expected = expected_concentration(6, 6 // each.order)
        assert concentration(f, parts).mean() == pytest.approx(expected, rel=1e-12)


@pytest.mark.filterwarnings("error")
def test_concentration_makes_no_warning() -> None:
    assert concentration(np.array([[0.0], [1.0], [0.0], [3.0]]), np.array([0, 1, 0, 1])).tolist() == pytest.approx([1 / 3])


def test_they_come_by_order() -> None:
    for group in (symmetric(4), dihedral(6)):
        found = [(each.order, each.elements) for each in subgroups(group)]
        assert found == sorted(found)
