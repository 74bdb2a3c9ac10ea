"""What docs/sources.md promises: every command it names exists, with its preset, measure, flags and their values."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import pytest
from pydantic import BaseModel
from quick_flags import sources_read_once

from mechgrok.analysis import analysis
from mechgrok.cli import COMMANDS, flags, sweep
from mechgrok.cli.analyze import Analyze
from mechgrok.cli.finetune import parsed
from mechgrok.cli.train import with_kinds
from mechgrok.engine.registry import measures, parse
from mechgrok.training.presets import PRESETS

__all__ = ["sources_read_once"]

PAGE = Path(__file__).resolve().parents[1] / "docs" / "sources.md"
KINDS = {"command", "flag", "figure", "log", "to-do"}
LEAST_ROWS = {"reference": 56, "S000": 79, "S001": 57, "S002": 102, "S003": 74, "S004": 106}
"""A row may be added, split or filled in; none may vanish."""

OPTIONS = {
    "train": {"--device", "--threads", "--forward", "--resume", "--out", "--log"},
    "finetune": {"--from", "--out", "--log"},
    "figure": {"--out"},
    "import": {"--out"},
}
"""What a command takes beside the paths of the config."""


@dataclass(frozen=True)
class Row:
    """One line of one table."""

    table: str
    source: str
    kind: str
    meaning: str
    ours: str


def rows() -> list[Row]:
    """Every line of the tables that stand under the heading of a source."""
    found, table = [], ""
    for line in PAGE.read_text().splitlines():
        if line.startswith("## "):
            table = line.removeprefix("## ").partition(":")[0]
        elif table and line.startswith("|") and not line.startswith(("| source |", "|---")):
            found.append(Row(table, *(cell.strip() for cell in line.strip("|").split("|"))))
    return found


ROWS = rows()
PROMISES = sorted({row.ours for row in ROWS} - {"not yet"})


def command_of(promise: str) -> str:
    return promise.split()[1].strip("`")


@pytest.mark.parametrize("table", LEAST_ROWS)
def test_no_row_of_a_source_has_vanished(table: str) -> None:
    assert Counter(row.table for row in ROWS)[table] >= LEAST_ROWS[table]


def test_every_table_belongs_to_a_known_source() -> None:
    assert {row.table for row in ROWS} == set(LEAST_ROWS)


def test_every_row_is_complete() -> None:
    assert [f"{row.table} {row.source}" for row in ROWS if not (row.source and row.meaning and row.kind in KINDS)] == []


def test_every_row_names_a_command_or_that_there_is_none_yet() -> None:
    assert [row.ours for row in ROWS if not re.fullmatch(r"not yet|`mechgrok [^`]+`", row.ours)] == []


def test_no_row_is_there_twice() -> None:
    twice = [row for row, count in Counter((row.table, row.source) for row in ROWS).items() if count > 1]
    assert not twice


LONG = {"train": pytest.mark.long, "finetune": pytest.mark.long}
"""Commands with hundreds of promises."""


@pytest.mark.parametrize(
    "command", [pytest.param(name, marks=LONG.get(name, ())) for name in sorted({command_of(promise) for promise in PROMISES})]
)
def test_promised_commands_exist(command: str) -> None:
    """A failure lists the commands of the page that do not exist, each with what is wrong about it."""
    assert command in COMMANDS
    found = {promise: problem(promise) for promise in PROMISES if command_of(promise) == command}
    assert {promise: reason for promise, reason in found.items() if reason} == {}


def problem(promise: str) -> str:
    """What is wrong about a command of the page; empty where nothing is."""
    _, command, *words = shlex.split(promise.strip("`"))
    places = list(takewhile(lambda word: not word.startswith("--"), words))
    try:
        CHECKS[command](places, *apart(command, words[len(places) :]))
    except (Exception, SystemExit) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def apart(command: str, words: list[str]) -> tuple[dict[str, str], list[str]]:
    """The command's own options with their values, and the words that set paths of the config."""
    options, settings, rest = {}, [], iter(words)
    for word in rest:
        if word in OPTIONS.get(command, set()):
            options[word] = next(rest)
        else:
            settings.append(word)
    return options, settings


def check_train(places: list[str], options: dict[str, str], settings: list[str]) -> None:
    if "--resume" in options:
        assert not places
        assert not settings, "what a run was started with decides how it goes on"
        return
    (preset,) = places
    chosen = with_kinds(PRESETS[preset].config, settings)
    tree = chosen.typed()
    for path in (word.removeprefix("--").replace(".no-", ".") for word in settings if word.startswith("--")):
        assert_is_field(tree, path)
    flags.parse(tree, settings, "train", default=tree.model_validate(chosen.model_dump()))


def check_finetune(places: list[str], options: dict[str, str], settings: list[str]) -> None:
    (preset,) = places
    assert options["--from"] == "RUN"
    made = parsed(preset, ["--from", "RUN", *settings])
    assert made.start.load


def check_sweep(places: list[str], options: dict[str, str], settings: list[str]) -> None:
    assert len(places) == 1
    assert sweep.parsed([*places, *settings])[1].configs


def check_study(places: list[str], options: dict[str, str], settings: list[str]) -> None:
    do, name = places
    assert do in ("train", "report")
    assert analysis(name).study is not None
    assert not settings


def assert_is_field(part: type[BaseModel], path: str) -> None:
    """Walks the tree of types along a dotted path."""
    for name in path.split("."):
        assert name in part.model_fields, f"{path}: {part.__name__} has no {name}"
        part = part.model_fields[name].annotation  # type: ignore[assignment]


def check_measures(places: list[str], options: dict[str, str], settings: list[str]) -> None:
    run, *names = places
    assert run == "RUN"
    assert not settings or flags.parse(Analyze, [*places, *settings], "analyze").words == tuple(places)
    assert names
    assert all(parse(name).name in measures() for name in names)


def check_figure(places: list[str], options: dict[str, str], settings: list[str]) -> None:
    check_measures(places, options, settings)
    assert len(places) == 2
    assert options["--out"].endswith(".pdf")


def check_report(places: list[str], options: dict[str, str], settings: list[str]) -> None:
    assert places == ["RUN"]
    assert not settings


def check_import(places: list[str], options: dict[str, str], settings: list[str]) -> None:
    assert places == ["FILE"]
    assert options == {"--out": "RUN"}
    assert not settings


CHECKS = {
    "train": check_train,
    "finetune": check_finetune,
    "sweep": check_sweep,
    "study": check_study,
    "analyze": check_measures,
    "figure": check_figure,
    "report": check_report,
    "import": check_import,
}
