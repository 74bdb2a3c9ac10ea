"""One page over the reports of several runs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mechgrok.report.numbers import show
from mechgrok.report.page import environment
from mechgrok.report.writing import Report
from mechgrok.runs.store import write

COLUMNS = {
    "train loss": ("loss", "train"),
    "test loss": ("loss", "test"),
    "test accuracy": ("loss", "accuracy_test"),
    "key frequencies": ("key-frequencies", "frequencies"),
    "logits explained": ("logit-cosines", "explained"),
    "restricted loss": ("restricted-loss", "all"),
}
"""What the table shows of each run: measure and headline key."""


@dataclass(frozen=True)
class Line:
    """One run in the table."""

    name: str
    link: str
    trained: str
    step: str
    values: tuple[str, ...]
    failed: tuple[str, ...]


def write_index(path: Path, reports: Sequence[Report], broken: Mapping[str, str]) -> None:
    """Writes the index at `path`. `broken`: the runs without a report by name, and why."""
    lines = [_line(report, path.parent) for report in reports]
    html = environment().get_template("index.html").render(lines=lines, columns=list(COLUMNS), broken=broken)
    write(path, html.encode(), durable=False)


def headline(summary: Mapping[str, Any], measure: str, key: str) -> str:
    """One number of a summary as text; a dash where there is none."""
    return show(summary["measures"].get(measure, {}).get("headline", {}).get(key))


def _line(report: Report, folder: Path) -> Line:
    summary = report.summary
    return Line(
        name=summary["run"]["name"],
        link=quote(Path(os.path.relpath(report.page, folder)).as_posix()),
        trained=summary["run"]["trained"],
        step=show(summary["step"]),
        values=tuple(headline(summary, *column) for column in COLUMNS.values()),
        failed=tuple(label for label, found in summary["measures"].items() if found["status"] == "failed"),
    )
