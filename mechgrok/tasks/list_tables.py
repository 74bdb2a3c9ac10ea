"""The list tasks of openai/grok as tables: the answer is a list, learnt entry by entry."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Literal, get_args

from mechgrok.errors import UserError
from mechgrok.tasks.table import Table

Listing = Literal["sort", "reverse", "copy"]
_ANSWERS: dict[str, Callable[[tuple[int, ...]], list[int]]] = {
    "sort": sorted,
    "reverse": lambda numbers: [*numbers[::-1]],
    "copy": list,
}


def list_table(operation: Listing, *, numbers: int, length: int) -> Table:
    """The table of an operation on all lists of some length.

    A list x of k numbers gives k rows: x, '=' and the first i entries of the answer, whose label is the next entry. They are one unit, so
    that a split puts all rows of a list on the same side. (Power et al. 2022, arXiv 2201.02177, take permutations of words instead.)

    Parameters
    ----------
    operation : {"sort", "reverse", "copy"}
        What is done to a list.
    numbers : int
        The entries of a list are 0 .. numbers - 1.
    length : int
        Entries of a list.

    Returns
    -------
    Table

    Raises
    ------
    UserError
        For an unknown operation, and for more than a million rows.

    Examples
    --------
    >>> task = mechgrok.tasks.list_table("sort", numbers=3, length=2)
    >>> task.inputs()[6:8].tolist(), task.labels()[6:8].tolist()  # 1 0 = 0 1
    ([[1, 0, 3, -1], [1, 0, 3, 0]], [0, 1])
    """
    if operation not in _ANSWERS:
        raise UserError(f"there is no list task {operation}; use {' or '.join(get_args(Listing))}")
    if min(numbers, length) < 1 or length * numbers**length > 10**6:
        raise UserError(f"lists of {length} out of {numbers} numbers make {length * max(numbers, 0) ** length:,} rows; use 1 to a million")
    rows, labels, units = list[list[int]](), list[int](), list[int]()
    for unit, x in enumerate(product(range(numbers), repeat=length)):
        answer = _ANSWERS[operation](x)
        for i, label in enumerate(answer):
            rows.append([*x, numbers, *answer[:i], *[-1] * (length - 1 - i)])
            labels.append(label)
            units.append(unit)
    return Table(rows=rows, labels=labels, units=units, number_tokens=numbers, words=("=",), label_basis="none")
