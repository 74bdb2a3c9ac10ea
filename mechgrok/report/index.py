"""One page over the reports of several runs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mechgrok.report.curves import Reached, curves, times
from mechgrok.report.numbers import NONE, show
from mechgrok.report.page import environment
from mechgrok.report.varying import varying
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
MOST = 8
"""Runs with more values that differ are described in words instead."""


@dataclass(frozen=True)
class Line:
    """One run in the table."""

    name: str
    link: str
    trained: str
    """What the run is, as far as the page does not say it of all runs, or in the columns of what varies."""
    varying: tuple[str, ...]
    times: tuple[str, ...]
    step: str
    values: tuple[str, ...]
    failed: tuple[str, ...]


def write_index(path: Path, reports: Sequence[Report], broken: Mapping[str, str]) -> None:
    """Writes the index at `path`. `broken`: the runs without a report by name, and why."""
    shared = _shared([report.summary["run"]["trained"] for report in reports])
    found = varying([report.summary["run"]["config"] for report in reports])
    columns = found if len(found) <= MOST else {}
    lines = [_line(report, path.parent, columns, index, shared, in_words=len(found) > MOST) for index, report in enumerate(reports)]
    words = {"columns": list(COLUMNS), "varying": list(columns), "shared": " · ".join(shared)}
    html = environment().get_template("index.html").render(lines=lines, broken=broken, **words)
    write(path, html.encode(), durable=False)


def _shared(described: Sequence[str]) -> list[str]:
    """The parts of their descriptions that all runs have in common."""
    first, *others = [text.split(" · ") for text in described]
    return [part for part in first if all(part in other for other in others)]


def headline(summary: Mapping[str, Any], measure: str, key: str) -> str:
    """One number of a summary as text; a dash where there is none."""
    return show(summary["measures"].get(measure, {}).get("headline", {}).get(key))


def step_text(reached: Reached | None) -> str:
    """The step as text, `> 3000` where it had not come by then; a dash where nothing was recorded."""
    if reached is None:
        return NONE
    return show(reached.step) if reached.step is not None else f">\u00a0{show(reached.until)}"


def _line(report: Report, folder: Path, columns: Mapping[str, Sequence[Any]], index: int, shared: Sequence[str], *, in_words: bool) -> Line:
    summary = report.summary
    reached = times(report.page.parent.parent, curves(report.run))
    own = [part for part in summary["run"]["trained"].split(" · ") if part not in shared]
    return Line(
        name=summary["run"]["name"],
        link=quote(Path(os.path.relpath(report.page, folder)).as_posix()),
        trained=" · ".join(own) if in_words else "",
        varying=tuple(show(values[index]) for values in columns.values()),
        times=tuple(step_text(reached.get(split)) for split in ("train", "test")),
        step=show(summary["step"]),
        values=tuple(headline(summary, *column) for column in COLUMNS.values()),
        failed=tuple(label for label, found in summary["measures"].items() if found["status"] == "failed"),
    )
