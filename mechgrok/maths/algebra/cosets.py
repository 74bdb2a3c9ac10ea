"""Subgroups of a finite group, their cosets, and how nearly a function is constant on them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from mechgrok.maths.algebra.groups import Group

Side = Literal["left", "right"]


@dataclass(frozen=True)
class Subgroup:
    """A subset of a group that is closed under multiplication.

    Attributes
    ----------
    elements : tuple of int
        Ascending.
    generators : tuple of int
        Elements whose products are all elements.
    """

    elements: tuple[int, ...]
    generators: tuple[int, ...]

    @property
    def order(self) -> int:
        """The number of elements."""
        return len(self.elements)


@cache
def subgroups(group: Group) -> tuple[Subgroup, ...]:
    """All subgroups of a group, by order, with the trivial one and the whole group.

    They are found from the trivial one by adding one element at a time.

    Parameters
    ----------
    group : Group

    Returns
    -------
    tuple of Subgroup
        Sorted by order, then by elements.

    Examples
    --------
    >>> from mechgrok.maths.algebra.groups import cyclic
    >>> [each.elements for each in subgroups(cyclic(6))]
    [(0,), (0, 3), (0, 2, 4), (0, 1, 2, 3, 4, 5)]
    """
    table = group.table.tolist()
    trivial = Subgroup((group.identity,), ())
    found, queue = {trivial.elements: trivial}, [trivial]
    for smaller in queue:
        covered = set(smaller.elements)
        for element in range(group.order):
            if element not in covered:
                larger = _joined(table, smaller, element)
                covered.update(table[h][element] for h in smaller.elements)
                if larger.elements not in found:
                    found[larger.elements] = larger
                    queue.append(larger)
    return tuple(sorted(found.values(), key=lambda each: (each.order, each.elements)))


def _joined(table: list[list[int]], smaller: Subgroup, element: int) -> Subgroup:
    """The subgroup that H and one more element generate: cosets H r, multiplied by the generators until no new one is found."""
    generators = (*smaller.generators, element)
    reached, representatives = set(smaller.elements), [smaller.elements[0]]
    for representative in representatives:
        for product in [table[representative][generator] for generator in generators]:
            if product not in reached:
                reached.update(table[h][product] for h in smaller.elements)
                representatives.append(product)
    return Subgroup(tuple(sorted(reached)), generators)


def cosets(group: Group, subgroup: Subgroup, side: Side) -> np.ndarray:
    """The coset g H (left) or H g (right) of each element g.

    Parameters
    ----------
    group : Group
    subgroup : Subgroup
        H.
    side : {"left", "right"}

    Returns
    -------
    ndarray (order,)
        The number of the coset, from 0, in order of the smallest elements.

    Examples
    --------
    >>> from mechgrok.maths.algebra.groups import cyclic
    >>> cosets(cyclic(6), subgroups(cyclic(6))[1], "left").tolist()
    [0, 1, 2, 0, 1, 2]
    """
    inside = list(subgroup.elements)
    smallest = group.table[:, inside].min(1) if side == "left" else group.table[inside].min(0)
    return np.unique(smallest, return_inverse=True)[1]


def concentration(values: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """The part of a function's variance that lies within the parts of a partition, sum over parts C of |C| / |G| Var(f | C) / Var(f).

    0 where f is constant on every part, 1 where the parts have equal means.

    Parameters
    ----------
    values : ndarray (order, m)
        Functions f on the group in columns, none of them constant.
    parts : ndarray (order,)
        The part of each element, numbered from 0, as from `cosets`.

    Returns
    -------
    ndarray (m,)

    References
    ----------
    Stander et al. 2024 (arXiv 2312.06581).

    Examples
    --------
    Variances 1 and 9 within two halves, 7.25 in all: (1 + 9) / 2 / 7.25.

    >>> f = np.array([[1.0], [3.0], [2.0], [8.0]])
    >>> concentration(f, np.array([0, 0, 1, 1])).round(6).tolist()
    [0.689655]
    """
    members = parts == np.arange(parts.max() + 1)[:, None]
    means = members.astype(float) @ values / members.sum(1, keepdims=True)
    within = values - means[parts]
    return np.square(within).sum(0) / np.square(values - values.mean(0)).sum(0)


def expected_concentration(order: int, parts: int) -> float:
    """The mean of `concentration` over all rearrangements of a function's values, (order - parts) / (order - 1).

    Parameters
    ----------
    order : int
        The number of elements of the group.
    parts : int
        The number of parts.

    Returns
    -------
    float

    Examples
    --------
    >>> expected_concentration(6, 2)
    0.8
    """
    return (order - parts) / (order - 1)
