"""mechgrok list."""

from __future__ import annotations

import inspect
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from mechgrok.cli import flags
from mechgrok.errors import UserError, nearest

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


Groups = Mapping[str, Mapping[str, str]]
"""Lines by heading and name; the heading is empty where a kind has one group alone."""

COLUMNS = 100
"""Width of the output where it is not printed on a terminal."""


@dataclass(frozen=True)
class List:
    """Lists what mechgrok has, each with its name and a line about it; or the runs of a folder and when they grokked."""

    what: Annotated[Kind | Path, tyro.conf.Positional] = "all"
    """What to list, or a folder of runs."""


def main(arguments: list[str]) -> int:
    """Prints the lists."""
    asked: List = flags.parse(List, arguments, "list")
    if isinstance(asked.what, Path):
        return _runs(asked.what)
    chosen = KINDS if asked.what == "all" else {asked.what: KINDS[asked.what]}
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else COLUMNS
    blocks = [_block(kind if len(chosen) > 1 else "", read(), columns) for kind, read in chosen.items()]
    print("\n".join(line for block in blocks for line in block))
    return 0


def _runs(folder: Path) -> int:
    """Prints a line for each run. Raises UserError for a word that is neither a folder nor one of the kinds."""
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder of runs{nearest(str(folder), [*KINDS, 'all'])}")
    from mechgrok.cli.compare import comparison
    from mechgrok.studies.comparing.formats import text_columns

    print("\n".join(text_columns(comparison((str(folder),), "").times())))
    return 0


def _block(title: str, groups: Groups, columns: int) -> Iterator[str]:
    """A title, if any, and below it the lines of each group under its heading."""
    if title:
        yield title
    indent = "  " if title else ""
    width = max((len(name) for lines in groups.values() for name in lines), default=0)
    for heading, lines in groups.items():
        if heading:
            yield indent + heading
        for name, line in lines.items():
            yield _wrapped(f"{indent}{'  ' if heading else ''}{name:<{width}}  ", line, columns)


def _wrapped(begin: str, line: str, columns: int) -> str:
    return textwrap.fill(line, columns, initial_indent=begin, subsequent_indent=" " * len(begin), break_on_hyphens=False)


def _parts(folder: Any) -> Groups:
    from mechgrok.discovery import kinds

    return {"": {kind: _first_paragraph(part) for kind, part in kinds(folder).items()}}


def _measures() -> Groups:
    """By family, with the question of each as its heading."""
    from mechgrok.engine.registry import measures
    from mechgrok.measures.families import QUESTIONS, by_family

    found = by_family(measures().values())
    return {QUESTIONS[name]: {measure.name: measure.title for measure in members} for name, members in found.items()}


def _presets() -> Groups:
    from mechgrok.training.presets import PRESETS

    return {"": {name: preset.about for name, preset in PRESETS.items()}}


def _importers() -> Groups:
    from mechgrok.runs.importing.logs import import_log
    from mechgrok.runs.importing.recognition import importers

    return {"": {importer.name: importer.describe for importer in importers()} | {import_log.FORMAT: import_log.DESCRIBE}}


def _first_paragraph(thing: object) -> str:
    """The first paragraph of a docstring on one line."""
    paragraph = (inspect.getdoc(thing) or "").split("\n\n")[0]
    return " ".join(paragraph.split())


KINDS: dict[str, Callable[[], Groups]] = {
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
