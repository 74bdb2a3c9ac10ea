"""A sweep as a TOML file: the preset, flags of the sweep, its grid, and values that hold for all cells.

preset = "demo"
out = "checkpoints/decays"
seeds = "0-2"

[grid]
optimizer.weight_decay = [1, 2]

[values]
task.p = 31
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mechgrok.errors import UserError
from mechgrok.studies.axes import flag


@dataclass(frozen=True)
class SweepFile:
    """The contents of such a file, or a preset alone."""

    preset: str
    grid: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    """The rest as flags."""


def read_file(path: Path) -> SweepFile:
    """Reads a file. Raises UserError where it is not there, is no TOML, or names no preset."""
    found = _read(path)
    preset, grid, values = found.pop("preset", None), dict(_flat(found.pop("grid", {}))), dict(_flat(found.pop("values", {})))
    if not isinstance(preset, str):
        raise UserError(f'{path} names no preset; its first line may be preset = "demo"')
    for name, each in grid.items():
        if not isinstance(each, list) or not each:
            raise UserError(f"{path}: grid.{name} has to be a list of values, as in {name} = [{each}, {each}]")
    own = [word for name, each in found.items() for word in flag(name, each)]
    axes = {name: tuple(tuple(value) if isinstance(value, list) else value for value in each) for name, each in grid.items()}
    return SweepFile(preset, axes, (*own, *(word for name, each in values.items() for word in flag(name, each))))


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is no TOML: {error}") from None


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The values of a table by their dotted path."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
