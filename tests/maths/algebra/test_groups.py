"""Multiplication tables: the group axioms, and sympy's permutations."""

from __future__ import annotations

import numpy as np
import pytest
from sympy.combinatorics import Permutation
from sympy.combinatorics.named_groups import AlternatingGroup, DihedralGroup, SymmetricGroup

from mechgrok.maths.algebra.groups import Group, alternating, cyclic, dihedral, is_even, symmetric

GROUPS = [
    *map(symmetric, (1, 2, 3, 4, 5)),
    *map(alternating, (3, 4, 5)),
    *map(dihedral, (1, 2, 3, 4, 5, 12)),
    *map(cyclic, (1, 2, 7, 12)),
]
named = pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)


@named
def test_the_axioms(group: Group) -> None:
    table, everything = group.table, np.arange(group.order)
    assert (np.sort(table, 0) == everything[:, None]).all()
    assert (np.sort(table, 1) == everything).all()
    assert (table[table] == table[everything[:, None, None], table]).all(), "(a b) c = a (b c)"
    assert (table[group.identity] == everything).all()
    assert (table[:, group.identity] == everything).all()
    assert (table[everything, group.inverse] == group.identity).all()


@named
def test_every_element_has_its_own_label(group: Group) -> None:
    assert len(set(group.labels)) == len(group.labels) == len(group.elements) == group.order


@named
def test_conjugacy_classes_by_definition(group: Group) -> None:
    """Two elements are in one class if and only if some g turns one into the other, g h g^-1."""
    turned = {(h, group.table[group.table[g, h], group.inverse[g]]) for g in range(group.order) for h in range(group.order)}
    same = {(h, k) for h in range(group.order) for k in range(group.order) if group.conjugacy_classes[h] == group.conjugacy_classes[k]}
    assert same == turned


@pytest.mark.parametrize(
    ("group", "sizes"),
    [
        (symmetric(4), [1, 3, 6, 6, 8]),
        (symmetric(5), [1, 10, 15, 20, 20, 24, 30]),
        (alternating(4), [1, 3, 4, 4]),
        (alternating(5), [1, 12, 12, 15, 20]),
        (dihedral(4), [1, 1, 2, 2, 2]),
        (dihedral(5), [1, 2, 2, 5]),
        (cyclic(7), [1] * 7),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_known_class_sizes(group: Group, sizes: list[int]) -> None:
    assert sorted(np.bincount(group.conjugacy_classes)) == sizes


@pytest.mark.parametrize("n", [2, 3, 4])
def test_products_of_permutations_are_sympys_from_the_right(n: int) -> None:
    """Trap: sympy writes p * q for p first, then q; here (a b)(i) = a(b(i)), b first."""
    group = symmetric(n)
    ours = [Permutation(each.tolist()) for each in group.elements]
    assert {tuple(each.array_form) for each in ours} == {tuple(each.array_form) for each in SymmetricGroup(n).elements}
    assert all(ours[group.table[a, b]] == ours[b] * ours[a] for a in range(group.order) for b in range(group.order))


def test_permutations_are_in_lexicographic_order() -> None:
    assert symmetric(3).labels == ("012", "021", "102", "120", "201", "210")
    assert alternating(4).labels[:4] == ("0123", "0231", "0312", "1032")
    assert symmetric(3).table[1, 2] == 4, "(021)(102): 0 -> 1 -> 2, 1 -> 0 -> 0, 2 -> 2 -> 1"


@pytest.mark.parametrize("n", [3, 4, 5])
def test_even_permutations_are_sympys(n: int) -> None:
    assert {tuple(each.array_form) for each in AlternatingGroup(n).elements} == {tuple(each) for each in alternating(n).elements.tolist()}
    assert is_even(symmetric(n).elements).tolist() == [Permutation(each.tolist()).is_even for each in symmetric(n).elements]


@pytest.mark.parametrize("n", [3, 4, 5, 8])
def test_dihedral_elements_move_corners(n: int) -> None:
    """r^j s^f as permutations of the corners, corner i going to j + i or j - i, multiply as the table says."""
    group = dihedral(n)
    corners = np.arange(n)
    moved = np.array([(turn + (-corners if flip else corners)) % n for turn, flip in group.elements])
    assert (moved[group.table] == moved[np.arange(2 * n)[:, None, None], moved]).all()
    assert {tuple(each) for each in moved.tolist()} == {tuple(each.array_form) for each in DihedralGroup(n).elements}
    assert group.labels[:2] + group.labels[n : n + 3] == ("e", "r", "s", "rs", "r2s")


def test_classes_are_numbered_by_their_smallest_elements() -> None:
    for group in (symmetric(4), alternating(5), dihedral(6)):
        numbers = group.conjugacy_classes
        first = [int(np.flatnonzero(numbers == each)[0]) for each in range(numbers.max() + 1)]
        assert first == sorted(first)
