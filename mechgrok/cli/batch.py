"""One report a run, and an index over several: a run that breaks costs a line, not the batch."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mechgrok.cli.words import Words
from mechgrok.errors import UserError

if TYPE_CHECKING:
    from rich.table import Table

    from mechgrok.report import Report


ABREAST = 6
"""Runs whose numbers stand side by side."""


def reports(words: Words, make: Callable[[Path], Report]) -> int:
    """Makes the report of every run, prints the headlines and where the pages are. The exit status is 1 where something broke."""
    done: list[Report] = []
    broken: dict[Path, str] = {}
    alone = len(words.runs) == 1
    for path in words.runs:
        try:
            done.append(make(path))
        except UserError as error:
            if alone:
                raise
            broken[path] = str(error)
        except Exception as error:
            broken[path] = f"{type(error).__name__}: {error}"
        if path in broken:
            print(f"mechgrok: {path}: {broken[path]}", file=sys.stderr)
    page = _index(words.index, done, {str(path): reason for path, reason in broken.items()})
    _say(done, page, words.measures)
    failed = [label for report in done for label, found in report.summary["measures"].items() if found["status"] == "failed"]
    return 1 if broken or failed else 0


def _index(path: Path | None, done: list[Report], broken: Mapping[str, str]) -> Path | None:
    from mechgrok.report.index import write_index

    if path is not None and done:
        write_index(path, done, broken)
        return path
    return None


def _say(done: list[Report], index: Path | None, asked: Sequence[str]) -> None:
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    if len(done) == 1:
        name, step = done[0].summary["run"]["name"], done[0].summary["step"]
        print(name if step is None else f"{name}, step {step}")
    if done:
        together = _side_by_side(done, asked) if asked and len(done) <= ABREAST else _overview(done)
        console.print(_headlines(done[0].summary, asked) if len(done) == 1 else together)
    for page in [index] if index else [report.page for report in done]:
        print(f"report: {page}")


def _headlines(summary: Mapping[str, Any], asked: Sequence[str]) -> Table:
    """The numbers of one run, of all measures or those asked for; lists by frequency or parameter are left to the page."""
    from mechgrok.report.numbers import show

    rows = []
    chosen = {label: found for label, found in summary["measures"].items() if not asked or label in asked}
    for label, found in chosen.items():
        for key, value in found.get("headline", {}).items():
            null = found["null"].get(key, {})
            if not isinstance(value, Mapping):
                rows.append(
                    (
                        label,
                        key,
                        show(value),
                        *(show(null[name], digits) if name in null else "" for name, digits in (("mean", 6), ("z", 3))),
                    )
                )
        if found["status"] != "ok":
            rows.append((label, found["status"], found["reason"], "", ""))
    return _table(("measure", "number", "value", "null mean", "z"), rows)


def _side_by_side(done: list[Report], asked: Sequence[str]) -> Table:
    """The numbers of the measures that were asked for, a column for each run."""
    from mechgrok.report.index import headline

    summaries = [report.summary for report in done]
    found = dict.fromkeys((label, key) for label in asked for each in summaries for key in _scalars(each, label))
    return _table(
        ("measure", "number", *(each["run"]["name"] for each in summaries)),
        [(*pair, *(headline(each, *pair) for each in summaries)) for pair in found],
    )


def _scalars(summary: Mapping[str, Any], label: str) -> list[str]:
    return [key for key, value in summary["measures"].get(label, {}).get("headline", {}).items() if not isinstance(value, Mapping)]


def _overview(done: list[Report]) -> Table:
    """A row for each run."""
    from mechgrok.report.index import COLUMNS, headline

    rows = [(report.summary["run"]["name"], *(headline(report.summary, *column) for column in COLUMNS.values())) for report in done]
    return _table(("run", *COLUMNS), rows)


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for title in titles:
        table.add_column(title, justify="left" if title in ("measure", "number", "run") else "right", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table
