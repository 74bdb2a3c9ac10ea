"""Discovery: tasks, splits, models, measures and importers are found by the files in their folders. No list names them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache
from importlib.metadata import entry_points
from inspect import isabstract
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

PartFolder = Literal[
    "tasks",
    "data.splits",
    "data.corruptions",
    "models",
    "training.optimizers",
    "training.gradients",
    "training.schedules",
    "training.probes",
]


def modules(folder: str) -> list[ModuleType]:
    """The modules of `mechgrok/<folder>`, and those that other installed packages provide as entry points `mechgrok.<folder>`."""
    package = importlib.import_module(f"mechgrok.{folder}")
    return [*_inside(package), *(entry.load() for entry in entry_points(group=f"mechgrok.{folder}"))]


def modules_below(folder: str) -> list[ModuleType]:
    """The modules of a folder and of its subfolders."""
    found = modules(folder)
    return [*found, *(inner for module in found if hasattr(module, "__path__") for inner in _inside(module))]


def _inside(package: ModuleType) -> list[ModuleType]:
    return [importlib.import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__)]


def modules_named(folder: str, stem: str) -> list[ModuleType]:
    """The modules with this file name in a folder and its subfolders, without an import of the others."""
    root = Path(__file__).parent.joinpath(*folder.split("."))
    found = [path.relative_to(root).with_suffix("").parts for path in sorted(root.glob(f"**/{stem}.py"))]
    return [importlib.import_module(".".join(["mechgrok", folder, *parts])) for parts in found]


def classes(folder: str, base: type) -> list[type[Any]]:
    """The subclasses of `base` with a `name` that the modules of a folder and its subfolders define, sorted by class name."""
    return classes_in(modules_below(folder), base)


def classes_in(found: Iterable[ModuleType], base: type) -> list[type[Any]]:
    """The subclasses of `base` with a `name` that some modules define, sorted by class name."""
    members = {
        member
        for module in found
        for member in vars(module).values()
        if isinstance(member, type) and issubclass(member, base) and member.__module__ == module.__name__ and "name" in dir(member)
    }
    return sorted(members, key=lambda member: member.__name__)


@cache
def kinds(folder: PartFolder) -> dict[str, Any]:
    """The concrete config parts in a folder, by their `kind`."""
    found: dict[str, Any] = {}
    for module in modules(folder):
        for member in vars(module).values():
            fields = getattr(member, "model_fields", {}) if isinstance(member, type) else {}
            if "kind" in fields and member.__module__ == module.__name__ and not isabstract(member):
                found[fields["kind"].default] = member
    return dict(sorted(found.items()))


def kinds_with(folder: PartFolder, field: str) -> list[str]:
    """The kinds of a folder that have a field."""
    return [kind for kind, part in kinds(folder).items() if field in part.model_fields]
