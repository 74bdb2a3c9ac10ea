"""mechgrok list."""

from __future__ import annotations

import inspect
import shutil
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from mechgrok.cli import flags

if TYPE_CHECKING:
    from mechgrok.measures.base.measure import Measure

Kind = Literal[
    "tasks",
    "splits",
    "corruptions",
    "models",
    "optimizers",
    "gradients",
    "schedules",
    "probes",
    "measures",
    "presets",
    "importers",
    "all",
]


@dataclass(frozen=True)
class List:
    """Shows what there is, each with its name and a line about it."""

    what: Annotated[Kind, tyro.conf.Positional] = "all"
    """One kind of thing."""


def main(arguments: list[str]) -> int:
    """Lists what there is."""
    asked: List = flags.parse(List, arguments, "list")
    chosen = KINDS if asked.what == "all" else {asked.what: KINDS[asked.what]}
    for kind, read in chosen.items():
        _say(kind, read(), headed=len(chosen) > 1)
    return 0


def _say(kind: str, found: Mapping[str, str], *, headed: bool) -> None:
    """A line for each, under a heading where there are several kinds; a terminal wraps them beside the names."""
    indent, width = "  " * headed, max(map(len, found), default=0)
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else 10_000
    if headed:
        print(kind)
    for name, line in found.items():
        print(textwrap.fill(line, columns, initial_indent=f"{indent}{name:<{width}}  ", subsequent_indent=" " * (len(indent) + width + 2)))


def _parts(folder: Any) -> Mapping[str, str]:
    from mechgrok.discovery import family

    return {kind: _first_line(part) for kind, part in family(folder).items()}


def _measures() -> Mapping[str, str]:
    from mechgrok.engine.registry import measures

    return {_with_fields(measure): _first_line(measure) for measure in measures().values()}


def _with_fields(measure: type[Measure]) -> str:
    """`name(field=default, ...)`."""
    settings = ", ".join(f"{field.name}={field.default}" for field in fields(measure) if field.default != ())
    return f"{measure.name}({settings})" if settings else measure.name


def _presets() -> Mapping[str, str]:
    from mechgrok.training.presets import DESCRIPTIONS, PRESETS

    return {name: DESCRIPTIONS[name] for name in PRESETS}


def _importers() -> Mapping[str, str]:
    from mechgrok.runs.importing import logs
    from mechgrok.runs.importing.recognition import importers

    return {importer.name: importer.describe for importer in importers()} | {logs.FORMAT: logs.DESCRIBE}


def _first_line(thing: object) -> str:
    """The first sentence of a docstring, which may go over several lines."""
    paragraph = (inspect.getdoc(thing) or "").split("\n\n")[0]
    return " ".join(paragraph.split())


KINDS: dict[str, Callable[[], Mapping[str, str]]] = {
    "tasks": lambda: _parts("tasks"),
    "splits": lambda: _parts("data.splits"),
    "corruptions": lambda: _parts("data.corruptions"),
    "models": lambda: _parts("models"),
    "optimizers": lambda: _parts("training.optimizers"),
    "gradients": lambda: _parts("training.gradients"),
    "schedules": lambda: _parts("training.schedules"),
    "probes": lambda: _parts("training.probes"),
    "measures": _measures,
    "presets": _presets,
    "importers": _importers,
}
