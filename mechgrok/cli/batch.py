"""One report a run, and an index over several. A run that fails does not end the batch: it is reported in a line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mechgrok.cli.arguments.words import Words
from mechgrok.cli.output.interruption import interruptible
from mechgrok.errors import UserError, of_file
from mechgrok.report.numbers import several

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from mechgrok.report.writing import Report


COLUMNS = 6
"""The most runs whose numbers are printed as columns of one table."""
PROSE = 100
"""The most characters in a line of a sentence."""


def reports(words: Words, make: Callable[[Path], Report], *, every: bool) -> int:
    """Makes the report of each run, prints verdict, first numbers (or `every` one) and page; the exit status is 1 where one failed."""
    done: list[Report] = []
    broken: dict[Path, str] = {}
    with interruptible(lambda: f"{len(done)} of {len(words.runs)} reports were written" if done else ""):
        for path in words.runs:
            reason = _add(done, path, make, alone=len(words.runs) == 1)
            if reason:
                broken[path] = reason
                print(f"mechgrok: {path}: {reason}", file=sys.stderr)
    page = _index(words.index, done, {str(path): reason for path, reason in broken.items()})
    _print(done, page, words.measures, every=every)
    _print_absent(done)
    failed = [label for report in done for label, found in report.summary["measures"].items() if found["status"] == "failed"]
    return 1 if broken or failed else 0


def _print_absent(done: Iterable[Report]) -> None:
    """A line on the measures with stored results that are not installed here."""
    runs = [report for report in done if report.left_out]
    if runs:
        names = several(report.summary["run"]["name"] for report in runs)
        labels = several(label for report in runs for label in report.left_out)
        print(f"mechgrok: {names}: left out results of measures that are not installed: {labels}", file=sys.stderr)


def _add(done: list[Report], path: Path, make: Callable[[Path], Report], *, alone: bool) -> str | None:
    """Makes a report and adds it; gives the reason where it failed. Raises UserError where it is the only one."""
    try:
        done.append(make(path))
    except UserError as error:
        if alone:
            raise
        return str(error)
    except OSError as error:
        return of_file(error, str(path))
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def _index(path: Path | None, done: list[Report], broken: Mapping[str, str]) -> Path | None:
    from mechgrok.report.index import write_index

    if path is not None and done:
        write_index(path, done, broken)
        return path
    return None


def _print(done: list[Report], index: Path | None, asked: Sequence[str], *, every: bool) -> None:
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    if len(done) == 1:
        _print_one(console, done[0].summary, asked, every=every)
    elif done:
        console.print(_by_run(done, asked) if asked and len(done) <= COLUMNS else _overview(done))
    for page in [index] if index else [report.page for report in done]:
        print(f"report: {page}")


def _print_one(console: Console, summary: Mapping[str, Any], asked: Sequence[str], *, every: bool) -> None:
    """The verdict on a run and its first numbers; of measures that were named, or with `every`, all numbers."""
    from rich.text import Text

    from mechgrok.report.terminal import every_number, filled, first_numbers

    name, step = summary["run"]["name"], summary["step"]
    print(name if step is None else f"{name}, step {step}")
    for sentence in [] if asked else summary["verdict"]:
        console.print(Text(sentence["text"]), width=min(console.width, PROSE))
    rows = every_number(summary, asked) if asked or every else first_numbers(summary)
    console.print(_table(*filled(rows)))
    left_out = len(every_number(summary)) - len(rows)
    if left_out > 0 and not asked:
        print(f"{left_out} more rows: on the page, or with --all")


def _by_run(done: list[Report], asked: Sequence[str]) -> Table:
    """The numbers of the measures that were named, a column for each run."""
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
    from mechgrok.report import index

    rows = [
        (report.summary["run"]["name"], *(index.headline(report.summary, *column) for column in index.COLUMNS.values())) for report in done
    ]
    return _table(("run", *index.COLUMNS), rows)


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for title in titles:
        table.add_column(title, justify="left" if title in ("measure", "number", "run") else "right", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table
