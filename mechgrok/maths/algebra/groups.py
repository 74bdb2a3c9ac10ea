"""Finite groups as multiplication tables, in numpy alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import permutations
from typing import Literal

import numpy as np

Family = Literal["symmetric", "dihedral", "alternating", "cyclic"]


@dataclass(frozen=True, eq=False)
class Group:
    """A finite group, whose elements are the numbers 0 .. order - 1.

    Attributes
    ----------
    name : str
        Such as `S5`.
    family : {"symmetric", "dihedral", "alternating", "cyclic"}
    n : int
        The index within its family: the number of points, corners or elements that it moves.
    elements : ndarray (order, width)
        The elements written out: a permutation of 0 .. n - 1 in one-line notation, (j, f) for r^j s^f, or (j,).
    table : ndarray (order, order) of int64
        table[a, b] is the element a b.
    labels : tuple of str
        The elements in writing, such as `120` or `r2s`.

    Examples
    --------
    >>> group = dihedral(3)
    >>> group.order, group.identity, group.labels
    (6, 0, ('e', 'r', 'r2', 's', 'rs', 'r2s'))
    >>> group.conjugacy_classes.tolist()
    [0, 1, 1, 2, 2, 2]
    """

    name: str
    family: Family
    n: int
    elements: np.ndarray
    table: np.ndarray
    labels: tuple[str, ...]

    @property
    def order(self) -> int:
        """The number of elements."""
        return len(self.table)

    @cached_property
    def identity(self) -> int:
        """The element e with e a = a."""
        return int(np.flatnonzero((self.table == np.arange(self.order)).all(1))[0])

    @cached_property
    def inverse(self) -> np.ndarray:
        """The inverse of each element (order,)."""
        return np.nonzero(self.table == self.identity)[1]

    @cached_property
    def conjugacy_classes(self) -> np.ndarray:
        """The conjugacy class of each element (order,), numbered in order of their smallest elements."""
        conjugates = self.table[self.table, self.inverse[:, None]]
        return np.unique(conjugates.min(0), return_inverse=True)[1]


@cache
def cyclic(n: int) -> Group:
    """Z_n, written as addition modulo n.

    Parameters
    ----------
    n : int
        The order.

    Returns
    -------
    Group

    Examples
    --------
    >>> int(cyclic(7).table[3, 5])
    1
    """
    numbers = np.arange(n)
    return Group(f"Z{n}", "cyclic", n, numbers[:, None], (numbers[:, None] + numbers) % n, tuple(map(str, numbers)))


@cache
def dihedral(n: int) -> Group:
    """D_n of order 2 n: r^n = s^2 = 1 and s r = r^-1 s; element f n + j is r^j s^f.

    Parameters
    ----------
    n : int
        The number of corners.

    Returns
    -------
    Group

    Examples
    --------
    s r = r^-1 s, which is r2s in D_3:

    >>> group = dihedral(3)
    >>> group.labels[group.table[group.labels.index("s"), group.labels.index("r")]]
    'r2s'
    """
    flip, turn = np.divmod(np.arange(2 * n), n)
    turns = (turn[:, None] + np.where(flip[:, None], -turn, turn)) % n
    table = (flip[:, None] ^ flip) * n + turns
    labels = [("r" * (j > 0) + str(j) * (j > 1) + "s" * f) or "e" for j, f in zip(turn.tolist(), flip.tolist(), strict=True)]
    return Group(f"D{n}", "dihedral", n, np.stack([turn, flip], axis=1), table, tuple(labels))


@cache
def symmetric(n: int) -> Group:
    """S_n: all permutations of 0 .. n - 1 in lexicographic order, composed from the right, (a b)(i) = a(b(i)).

    Parameters
    ----------
    n : int
        The number of points.

    Returns
    -------
    Group

    Examples
    --------
    The swap of the first two points, after the swap of the last two:

    >>> group = symmetric(3)
    >>> group.labels[group.table[group.labels.index("102"), group.labels.index("021")]]
    '120'
    """
    return _of_permutations(f"S{n}", "symmetric", permutations(range(n)))


@cache
def alternating(n: int) -> Group:
    """A_n: the even permutations in lexicographic order, composed like those of S_n.

    Parameters
    ----------
    n : int
        The number of points.

    Returns
    -------
    Group

    Examples
    --------
    >>> alternating(3).labels
    ('012', '120', '201')
    """
    everything = symmetric(n).elements
    return _of_permutations(f"A{n}", "alternating", everything[is_even(everything)].tolist())


def is_even(elements: np.ndarray) -> np.ndarray:
    """Whether permutations are even: whether the number of pairs out of order is.

    Parameters
    ----------
    elements : ndarray (order, n)
        Permutations in one-line notation.

    Returns
    -------
    ndarray (order,) of bool

    Examples
    --------
    >>> is_even(np.array([[0, 1, 2], [1, 0, 2], [1, 2, 0]])).tolist()
    [True, False, True]
    """
    first, second = np.triu_indices(elements.shape[1], 1)
    return (elements[:, first] > elements[:, second]).sum(1) % 2 == 0


def _of_permutations(name: str, family: Family, listed: Iterable[Iterable[int]]) -> Group:
    elements = np.array([list(permutation) for permutation in listed])
    n = elements.shape[1]
    digits = n ** np.arange(n)[::-1]
    table = np.searchsorted(elements @ digits, elements[:, elements] @ digits)
    return Group(name, family, n, elements, table, tuple("".join(map(str, each)) for each in elements))


FAMILIES = {"symmetric": symmetric, "dihedral": dihedral, "alternating": alternating, "cyclic": cyclic}
