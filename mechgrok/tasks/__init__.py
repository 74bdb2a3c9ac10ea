"""Tasks: tables of tokens and labels, one class a kind. `mechgrok.tasks.Modular(p=97)` is the table of addition modulo 97."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mechgrok.tasks.aliases import Aliases
    from mechgrok.tasks.expression import Expression
    from mechgrok.tasks.group import GroupTask
    from mechgrok.tasks.k_wise import KWise
    from mechgrok.tasks.list_tables import list_table
    from mechgrok.tasks.mixture import Mixture
    from mechgrok.tasks.modular import Modular
    from mechgrok.tasks.random_table import RandomTable
    from mechgrok.tasks.residue import Residue
    from mechgrok.tasks.table import Table
    from mechgrok.tasks.task import Task

_HOMES = {
    "Aliases": "aliases",
    "Expression": "expression",
    "GroupTask": "group",
    "KWise": "k_wise",
    "Mixture": "mixture",
    "Modular": "modular",
    "RandomTable": "random_table",
    "Residue": "residue",
    "Table": "table",
    "Task": "task",
    "list_table": "list_tables",
}

__all__ = ["Aliases", "Expression", "GroupTask", "KWise", "Mixture", "Modular", "RandomTable", "Residue", "Table", "Task", "list_table"]


def __getattr__(name: str) -> Any:
    """Classes are imported when they are first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'mechgrok.tasks' has no attribute {name!r}")
    return getattr(import_module(f"mechgrok.tasks.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
