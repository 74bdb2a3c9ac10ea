"""Subgroups of a finite group, their cosets, and how far a function is constant on these."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from mechgrok.maths.algebra.groups import Group

Side = Literal["left", "right"]


@dataclass(frozen=True)
class Subgroup:
    """A subset closed under multiplication."""

    elements: tuple[int, ...]
    """Ascending."""
    generators: tuple[int, ...]

    @property
    def order(self) -> int:
        """How many elements it has."""
        return len(self.elements)


@cache
def subgroups(group: Group) -> tuple[Subgroup, ...]:
    """All of them, by order, the trivial one and the whole group included.

    Each is reached from the trivial one by adding elements, one at a time.
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
    """What a subgroup H generates with one more element: cosets H r, multiplied by the generators until no new one comes."""
    generators = (*smaller.generators, element)
    reached, representatives = set(smaller.elements), [smaller.elements[0]]
    for representative in representatives:
        for product in [table[representative][generator] for generator in generators]:
            if product not in reached:
                reached.update(table[h][product] for h in smaller.elements)
                representatives.append(product)
    return Subgroup(tuple(sorted(reached)), generators)


def cosets(group: Group, subgroup: Subgroup, side: Side) -> np.ndarray:
    """The number of the coset g H (left) or H g (right) that each g lies in (order,)."""
    inside = list(subgroup.elements)
    smallest = group.table[:, inside].min(1) if side == "left" else group.table[inside].min(0)
    return np.unique(smallest, return_inverse=True)[1]


def concentration(values: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """sum over parts C of |C| / |G| Var(f | C) / Var(f), for functions f on the group in columns: (order, m), (order,) -> (m,).

    0 where f is constant on every part, 1 where the parts have equal means. Needs functions that are not constant.
    Stander et al. 2024 (arXiv 2312.06581).
    """
    members = parts == np.arange(parts.max() + 1)[:, None]
    means = members.astype(float) @ values / members.sum(1, keepdims=True)
    within = values - means[parts]
    return np.square(within).sum(0) / np.square(values - values.mean(0)).sum(0)


def expected_concentration(order: int, parts: int) -> float:
    """The mean of `concentration` over all rearrangements of a function's values: (order - parts) / (order - 1)."""
    return (order - parts) / (order - 1)
