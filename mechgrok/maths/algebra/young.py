"""Young's orthogonal form: the irreducible representations of the symmetric groups.

A standard tableau is written as the rows of 0, 1, 2, ..., in this order. James and Kerber 1981, "The representation theory of the
symmetric group", section 3.4.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from mechgrok.maths.algebra.groups import Group

Partition = tuple[int, ...]
Tableau = tuple[int, ...]


def partitions(n: int, largest: int | None = None) -> Iterator[Partition]:
    """The partitions of n, from (n) to (1, ..., 1).

    Parameters
    ----------
    n : int
    largest : int, optional
        An upper bound on the parts.

    Yields
    ------
    tuple of int
        Parts in descending order.

    Examples
    --------
    >>> list(partitions(4))
    [(4,), (3, 1), (2, 2), (2, 1, 1), (1, 1, 1, 1)]
    """
    if n == 0:
        yield ()
    for first in range(min(n, largest or n), 0, -1):
        yield from ((first, *rest) for rest in partitions(n - first, first))


def conjugate(shape: Partition) -> Partition:
    """The partition whose diagram is the transposed one.

    Parameters
    ----------
    shape : tuple of int
        A partition.

    Returns
    -------
    tuple of int

    Examples
    --------
    >>> conjugate((3, 1))
    (2, 1, 1)
    """
    return tuple(sum(part > column for part in shape) for column in range(shape[0]))


def standard_tableaux(shape: Partition) -> list[Tableau]:
    """The standard tableaux of a shape.

    Parameters
    ----------
    shape : tuple of int
        A partition of n.

    Returns
    -------
    list of tuple of int
        For each tableau the rows of 0 .. n - 1.

    Examples
    --------
    0 is in the first row; 1 or 2 is in the second.

    >>> standard_tableaux((2, 1))
    [(0, 1, 0), (0, 0, 1)]
    """
    if not shape:
        return [()]
    corners = [row for row, part in enumerate(shape) if row + 1 == len(shape) or shape[row + 1] < part]
    return [(*smaller, row) for row in corners for smaller in standard_tableaux(_without(shape, row))]


def _without(shape: Partition, row: int) -> Partition:
    return tuple(part for part in (*shape[:row], shape[row] - 1, *shape[row + 1 :]) if part)


def transposition(shape: Partition, i: int) -> Tensor:
    """The matrix of the permutation that swaps i and i + 1.

    Its entry at a tableau T is 1 / r, with r the content (column less row) of i + 1 less that of i; between T and the tableau with both
    swapped it is sqrt(1 - 1 / r^2).

    Parameters
    ----------
    shape : tuple of int
        A partition of n.
    i : int
        From 0 to n - 2.

    Returns
    -------
    Tensor (d, d)
        In the order of `standard_tableaux`, float64.

    Examples
    --------
    In both tableaux of (2, 1), 0 and 1 are neighbours: r = -1 where 1 is below 0, and 1 where it is beside it.

    >>> transposition((2, 1), 0).tolist()
    [[-1.0, 0.0], [0.0, 1.0]]
    """
    tableaux = standard_tableaux(shape)
    matrix = torch.zeros(len(tableaux), len(tableaux), dtype=torch.float64)
    for index, tableau in enumerate(tableaux):
        distance = _content(tableau, i + 1) - _content(tableau, i)
        matrix[index, index] = 1 / distance
        if abs(distance) > 1:
            swapped = (*tableau[:i], tableau[i + 1], tableau[i], *tableau[i + 2 :])
            matrix[tableaux.index(swapped), index] = math.sqrt(1 - 1 / distance**2)
    return matrix


def _content(tableau: Tableau, i: int) -> int:
    return tableau[:i].count(tableau[i]) - tableau[i]


def orthogonal_form(group: Group, shape: Partition) -> Tensor:
    """The matrices of all elements of a symmetric group, as products of those of neighbouring swaps.

    Parameters
    ----------
    group : Group
        S_n.
    shape : tuple of int
        A partition of n.

    Returns
    -------
    Tensor (order, d, d)
        Float64.

    Examples
    --------
    The shape (1, 1) of S_2 is the sign.

    >>> from mechgrok.maths.algebra.groups import symmetric
    >>> orthogonal_form(symmetric(2), (1, 1)).flatten().tolist()
    [1.0, -1.0]
    """
    swaps = {_swap(group, i): transposition(shape, i) for i in range(group.n - 1)}
    found = {group.identity: torch.eye(len(standard_tableaux(shape)), dtype=torch.float64)}
    reached = [group.identity]
    for element in reached:
        for swap, matrix in swaps.items():
            product = int(group.table[element, swap])
            if product not in found:
                found[product] = found[element] @ matrix
                reached.append(product)
    return torch.stack([found[element] for element in range(group.order)])


def _swap(group: Group, i: int) -> int:
    wanted = list(range(group.n))
    wanted[i], wanted[i + 1] = i + 1, i
    return group.elements.tolist().index(wanted)
