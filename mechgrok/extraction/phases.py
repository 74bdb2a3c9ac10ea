"""Which formula gives the phases of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from mechgrok.errors import UserError
from mechgrok.runs.grid import Grid
from mechgrok.tasks.formula import parse

PHASE_FORMULAS: Mapping[str, Callable[[Any, Any], Any]] = {
    "{a} - {b}": lambda a, b: a - b,
    "{b} - {a}": lambda a, b: b - a,
    "{a} * {a} + {b} * {b}": lambda a, b: a * a + b * b,
    "{a} * {a} + {a} * {b} + {b} * {b}": lambda a, b: a * a + a * b + b * b,
    "{a} * {a} + {b}": lambda a, b: a * a + b,
    "{a} + {b} * {b}": lambda a, b: a + b * b,
    "{a} * {b} + {a} + {b}": lambda a, b: a * b + a + b,
}
"""Functions of two operands in Z_N beside their sum, by how a program writes them."""


def names(grid: Grid) -> tuple[str, ...]:
    """What the program calls its operands."""
    count = grid.operands.shape[1]
    return ("a", "b") if count == 2 else tuple(f"a{i + 1}" for i in range(count))


def formula(grid: Grid) -> str:
    """A formula that gives the phase of every row of the table modulo N. Raises UserError where none of those known does."""
    symbols = [f"log({name})" if grid.chart.basis == "multiplicative" else name for name in names(grid)]
    if torch.equal(grid.operands.sum(1) % grid.p, grid.phase):
        return " + ".join(symbols)
    two = PHASE_FORMULAS if len(symbols) == 2 else {}
    found = [text for text, function in two.items() if torch.equal(function(*grid.operands.T) % grid.p, grid.phase)]
    if found:
        return found[0].format(a=symbols[0], b=symbols[1])
    own = _own(grid)
    if own is None:
        raise UserError(f"no formula known here gives the labels of this task from {', '.join(symbols)}, so no program can be written")
    return own


def _own(grid: Grid) -> str | None:
    """The task's own polynomial, where it has one and the phases are its values."""
    text = grid.task.polynomial
    if text is None or grid.chart.basis != "additive":
        return None
    values, _ = parse(text).at(grid.operands.numpy(), grid.p)
    return parse(text).named(names(grid)) if torch.equal(torch.from_numpy(values), grid.phase) else None
