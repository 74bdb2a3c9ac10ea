"""One report a run, and an index over several: a run that breaks costs a line, not the batch."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mechgrok.cli.words import Words
from mechgrok.errors import UserError

if TYPE_CHECKING:
    from mechgrok.report import Report


def reports(words: Words, make: Callable[[Path], Report]) -> int:
    """Makes the report of every run, prints the headlines and where the pages are. The exit status is 1 where something broke."""
    done: list[Report] = []
    broken: dict[str, str] = {}
    alone = len(words.runs) == 1
    for path in words.runs:
        try:
            done.append(make(path))
        except UserError as error:
            if alone:
                raise
            broken[path.name] = str(error)
        except Exception as error:
            broken[path.name] = f"{type(error).__name__}: {error}"
        if path.name in broken:
            print(f"mechgrok: {path}: {broken[path.name]}", file=sys.stderr)
    page = _index(words.index, done, broken)
    _say(done, page)
    failed = [label for report in done for label, found in report.summary["measures"].items() if found["status"] == "failed"]
    return 1 if broken or failed else 0


def _index(path: Path | None, done: list[Report], broken: Mapping[str, str]) -> Path | None:
    from mechgrok.report.index import write_index

    if path is not None and done:
        write_index(path, done, broken)
        return path
    return None


def _say(done: list[Report], index: Path | None) -> None:
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False, soft_wrap=False)
    for report in done:
        console.print(_table(report.summary) if len(done) == 1 else _line(report.summary))
    for page in [index] if index else [report.page for report in done]:
        print(f"report: {page}")


def _table(summary: Mapping[str, Any]) -> Any:
    from rich.table import Table
    from rich.text import Text

    from mechgrok.report.numbers import show

    table = Table(box=None, pad_edge=False)
    for name in ("measure", "number", "value", "null mean", "z"):
        table.add_column(name, justify="left" if name in ("measure", "number") else "right", overflow="fold")
    for label, found in summary["measures"].items():
        numbers = {key: value for key, value in found.get("headline", {}).items() if not isinstance(value, Mapping)}
        for key, value in numbers.items():
            null = found["null"].get(key, {})
            texts = (show(value), show(null["mean"]) if "mean" in null else "", show(null["z"], 3) if null.get("z") is not None else "")
            table.add_row(*(Text(text) for text in (label, key, *texts)))
        if found["status"] != "ok":
            table.add_row(Text(label), Text(found["status"]), Text(found["reason"]))
    return table


def _line(summary: Mapping[str, Any]) -> Any:
    from rich.text import Text

    from mechgrok.report.index import COLUMNS, headline

    shown = "  ".join(f"{name} {headline(summary, *column)}" for name, column in COLUMNS.items())
    return Text(f"{summary['run']['name']}: {shown}")
