"""Which cells of a sweep are trained as one stack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mechgrok.config import Config
from mechgrok.runs.run_files import RunFiles
from mechgrok.studies.cells import Cell
from mechgrok.training.execution import Execution
from mechgrok.training.stack.plan import shared_out
from mechgrok.training.untrained import STACK

Member = tuple[Cell, Config]


def together(members: Sequence[Member], execution: Execution, at_once: int) -> list[list[Member]]:
    """The cells in groups: those of a stack that has begun, and new seeds of one trial where stacks are faster (decision 0017)."""
    begun: dict[str, list[Member]] = {}
    new: dict[str, list[Member]] = {}
    for cell, config in members:
        found, name = (begun, _stack(cell)) if cell.path.exists() else (new, cell.trial)
        found.setdefault(name, []).append((cell, config))
    groups = [*begun.values(), *(group for trial in new.values() for group in _stacks(trial, execution, -(-at_once // len(new))))]
    return sorted(groups, key=lambda group: members.index(group[0]))


def _stack(cell: Cell) -> str:
    """The name of the stack that a cell began in; that of a cell alone is its own."""
    return str(RunFiles(cell.path).execution.get(STACK, cell.name))


def _stacks(members: Sequence[Member], execution: Execution, count: int) -> Iterator[list[Member]]:
    places = shared_out([config for _, config in members], execution, count)
    return ([members[place] for place in group] for group in places)
