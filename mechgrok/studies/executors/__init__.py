"""Where the jobs of a sweep run. A module each, with a function `opened` that gives an executor for a block."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from mechgrok.errors import UserError, nearest

NAMES = ("local", "slurm", "dask")


@dataclass(frozen=True)
class Resources:
    """What an executor may use."""

    workers: int = 0
    """The most cells that are trained at the same time; 0 for one a core, or as many as a cluster gives."""
    minutes: int = 60
    """The time limit of a cluster's job, after which it is queued again."""
    address: str = ""
    """The address of a Dask scheduler."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Further parameters of a cluster's jobs, such as partition."""
    logs: Path = Path()
    """The folder for what a cluster's jobs print."""


def opened(name: str, resources: Resources) -> AbstractContextManager[Any]:
    """An executor by its name."""
    found: AbstractContextManager[Any] = _module(name).opened(resources)
    return found


def check(name: str, resources: Resources) -> None:
    """Raises UserError for an unknown name, and where an executor cannot be had here."""
    if name not in NAMES:
        raise UserError(f"there is no executor {name}{nearest(name, list(NAMES))}")
    _module(name).require(resources)


def _module(name: str) -> ModuleType:
    """The module of an executor. Raises UserError where it imports a package that is not installed."""
    try:
        return import_module(f"mechgrok.studies.executors.{name}")
    except ModuleNotFoundError as error:
        raise UserError(f"the executor {name} needs the package {error.name}; install mechgrok[{name}], or use local") from None
