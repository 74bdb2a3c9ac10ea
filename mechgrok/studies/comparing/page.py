"""The page of a comparison: one HTML file that needs nothing else, and the table beside it as CSV."""

from __future__ import annotations

import math
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pandas as pd

from mechgrok.maths.statistics.censored import FEWEST, Times, median
from mechgrok.report.figures.steps import steps_of
from mechgrok.report.index import step_text
from mechgrok.report.labels import as_text
from mechgrok.report.numbers import NONE, SHOWN, several, show
from mechgrok.report.page import anchor, environment
from mechgrok.runs import store
from mechgrok.studies.comparing import noted_tables
from mechgrok.studies.comparing.compared import Compared
from mechgrok.studies.comparing.frame import KEYS, TIMES
from mechgrok.studies.comparing.groups import times_of
from mechgrok.studies.comparing.headlines import by_key
from mechgrok.studies.comparing.lines_of_code import lines_of
from mechgrok.studies.comparing.paired_numbers import paired_numbers
from mechgrok.studies.comparing.pairs import pairs
from mechgrok.studies.comparing.stored_runs import StoredRuns
from mechgrok.studies.comparing.texts import estimate_text, pair_texts, paired_texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

CAPTIONS = {
    "curves": "Thin lines: single runs, which end at their last reading. Thick lines: the median over the runs of a group, in which a run "
    "that stopped keeps its last value.",
    "times": "Points: single runs. Open triangles: runs that had not got there by their last reading, at which they stand. "
    "Upright strokes: Kaplan-Meier medians, absent where fewer than half of the runs got there.",
    "key frequencies": "The key frequencies of each run at its last checkpoint that was analysed.",
}
USUAL = "Thin lines or points: single runs. Thick lines or upright strokes: medians over the runs of a group."
BAND = "Bands and horizontal lines: 95 % intervals of the median, for groups of six runs or more."
FINAL = ("test_loss", "test_accuracy")


@dataclass(frozen=True)
class Line:
    """One run in the table, as text."""

    name: str
    link: str
    """Its report; empty where it has none."""
    values: tuple[str, ...]


@dataclass(frozen=True)
class GroupLine:
    """The times of one group, as text."""

    name: str
    runs: int
    times: tuple[tuple[str, str], ...]
    """For memorised and generalised: how many runs got there, and the median with its interval."""


@dataclass(frozen=True)
class Shown:
    """One figure of the page."""

    place: str
    """Its id."""
    title: str
    figure: go.Figure
    caption: str
    commands: list[str]


def write(comparison: StoredRuns, out: Path) -> Path:
    """Writes OUT/index.html, OUT/runs.csv and the provenance of this table; gives the page."""
    page = out / "index.html"
    store.write(page, _html(comparison, out).encode(), durable=False)
    noted_tables.write(out / "runs.csv", comparison.frame().to_csv(index=False).encode(), "csv", comparison.provenance())
    return page


def _html(comparison: StoredRuns, out: Path) -> str:
    shown = [_shown(comparison, name, figure) for name, figure in comparison.figures().items()]
    generalised = {group: times_of(runs, "test") for group, runs in comparison.groups.items()}
    return (
        environment()
        .get_template("compare.html")
        .render(
            runs=comparison.runs,
            by=comparison.by,
            pooled=_pooled(comparison),
            varying=list(comparison.varying),
            lines=_lines(comparison, out),
            groups=[_group(name, runs) for name, runs in comparison.groups.items()],
            pairs=[pair_texts(each) for each in pairs(generalised) if not math.isnan(each.p)],
            paired=[paired_texts(each) for each in paired_numbers(comparison.groups, _numbers(comparison))],
            fewest=FEWEST,
            happened=_times_in_words(comparison),
            story=[each for each in shown if each.title == _heading("curves")],
            figures=[each for each in shown if each.title != _heading("curves")],
            steps=steps_of(each.figure for each in shown),
            lacking=lacking_commands(comparison),
            shared=_shared(comparison),
        )
    )


def text_lines(comparison: StoredRuns) -> list[str]:
    """The times of each group, and what lacks results with the command that makes it, for a terminal."""
    lacking = [f"no stored {label} of {names}: {command}" for label, (names, command) in lacking_commands(comparison).items()]
    return [*_times_in_words(comparison), *lacking]


def _times_in_words(comparison: StoredRuns) -> list[str]:
    groups = [_group(name, runs) for name, runs in comparison.groups.items()]
    return [f"{group.name}: {group.times[1][0]} generalised, median {group.times[1][1]}" for group in groups]


def lacking_commands(comparison: StoredRuns) -> dict[str, tuple[str, str]]:
    """By the names of measures: the runs without stored results, and the command that makes these."""
    found: dict[tuple[str, ...], list[str]] = {}
    runs = {run.name: run for run in comparison.runs}
    for label, without in comparison.lacking().items():
        found.setdefault(tuple(run.name for run in without), []).append(label)
    return {", ".join(labels): _lacking(labels, [runs[name] for name in names]) for names, labels in found.items()}


def _shown(comparison: StoredRuns, name: str, figure: go.Figure) -> Shown:
    return Shown(f"figure-{anchor(name)}", _heading(name), as_text(figure), _caption(name, figure), lines_of(comparison, name))


def _heading(name: str) -> str:
    """The name of a figure as a heading; that of a measure stays as it is on the command line."""
    return name.capitalize() if name in CAPTIONS else name


def _caption(name: str, figure: go.Figure) -> str:
    """The caption of a figure; that of intervals only where it has some."""
    intervals = any(trace.name == "95 % interval" or trace.fill == "toself" for trace in figure.data)
    return " ".join([CAPTIONS.get(name, USUAL), *([BAND] if intervals else [])])


def _pooled(comparison: StoredRuns) -> list[str]:
    """What varies within groups, other than seeds."""
    from mechgrok.report.varying import is_seed

    inside = [path for path in comparison.varying if path not in comparison.by and not is_seed(path)]
    return [path for path in inside if any(len({str(run.value(path)) for run in runs}) > 1 for runs in comparison.groups.values())]


def _lines(comparison: StoredRuns, out: Path) -> list[Line]:
    table = comparison.frame()
    return [
        Line(run.name, _link(run, out), _values(comparison, index, run, row))
        for index, (run, row) in enumerate(zip(comparison.runs, table.to_dict("records"), strict=True))
    ]


def _link(run: Compared, out: Path) -> str:
    page = run.path / "report" / "index.html"
    return quote(Path(os.path.relpath(page, out)).as_posix()) if page.is_file() else ""


def _values(comparison: StoredRuns, index: int, run: Compared, row: Mapping[Any, Any]) -> tuple[str, ...]:
    varying = [show(values[index]) for values in comparison.varying.values()]
    times = [step_text(run.times.get(split)) for split in TIMES.values()]
    final = [NONE if pd.isna(row[name]) else show(float(row[name]), 3) for name in FINAL]
    return (*varying, *times, show(run.last_step), *final, show(row[KEYS]))


def _group(name: str, runs: Sequence[Compared]) -> GroupLine:
    return GroupLine(name, len(runs), tuple(_times(times_of(runs, split)) for split in TIMES.values()))


def _times(times: Times) -> tuple[str, str]:
    if not len(times.at):
        return NONE, NONE
    return f"{int(times.reached.sum())} of {len(times.at)}", estimate_text(median(times), float(times.at.max()))


def _numbers(comparison: StoredRuns) -> dict[str, dict[str, float]]:
    """The numbers of the shown measures by name and run."""
    found = {measure.label: by_key(comparison.stored, measure.label) for measure in comparison.shown}
    return {f"{label} {key}": values for label, keys in found.items() for key, values in keys.items()}


def _lacking(labels: Sequence[str], runs: Sequence[Compared]) -> tuple[str, str]:
    folders = [run.path if len(runs) <= SHOWN else run.path.parent for run in runs]
    command = shlex.join(["mechgrok", "analyze", *dict.fromkeys(folder.as_posix() for folder in folders), *labels])
    return several(run.name for run in runs), command


def _shared(comparison: StoredRuns) -> dict[str, Any]:
    """The values of the config that all runs share."""
    first = comparison.runs[0].config
    return {path: value for path, value in first.items() if all(run.config.get(path) == value for run in comparison.runs)}
