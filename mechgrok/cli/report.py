"""mechgrok report."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from mechgrok.cli import flags

if TYPE_CHECKING:
    from mechgrok.report.writing import Report


@dataclass(frozen=True)
class Render:
    """Writes RUN/report/index.html and RUN/report/summary.json again from stored results; computes nothing."""

    runs: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="RUN...")]
    """Runs, or folders of runs."""
    all: bool = False
    """Print all numbers, with six digits; by default the verdict and the numbers that a reader needs first."""
    results: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Read results from, and write the report to, DIR/<name of the run>, as mechgrok analyze --results DIR does."""


def main(arguments: list[str]) -> int:
    """Renders reports; the exit status is 1 where one could not be written or reports a failure."""
    asked: Render = flags.parse(Render, arguments, "report")

    from mechgrok.cli import batch
    from mechgrok.cli.arguments.words import only_runs, written_to

    return batch.reports(written_to(only_runs(asked.runs), asked.results), partial(_render, asked.results), every=asked.all)


def _render(results: Path | None, path: Path) -> Report:
    from mechgrok.report.writing import write_report
    from mechgrok.runs.run import open_run

    return write_report(open_run(path, results=results))
