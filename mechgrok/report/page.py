"""A report as one HTML file that needs nothing else: no network, no other file."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from typing import Any

import plotly.graph_objects as go
from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from mechgrok.analysis import Analysis, Panel
from mechgrok.measures.families import QUESTIONS
from mechgrok.plots.still.still import still
from mechgrok.report.entries import Entry, family_of
from mechgrok.report.figures import colours, drawn, overview, scripts
from mechgrok.report.glossary import explained, term
from mechgrok.report.highlights import highlights
from mechgrok.report.numbers import show
from mechgrok.report.terminal import ALL_DIGITS, FEW_DIGITS

FEW = 8
"""The table at the top shows lists that are no longer than this."""


@dataclass(frozen=True)
class Row:
    """A number of a headline beside its null, as text."""

    key: str
    pieces: list[str]
    """The value; one piece for each entry of a list or mapping."""
    short: str
    """Stands for the value where there is too little room for it."""
    number: bool
    missing: str
    mean: str
    z: str


@dataclass(frozen=True)
class Section:
    """A panel of the analysis with the entries that the run has for it."""

    anchor: str
    title: str
    text: str
    entries: tuple[Entry, ...]
    above: tuple[Entry, ...]
    """Those of its entries that the overview has."""


def render(summary: Mapping[str, Any], entries: Mapping[str, Entry], analysis: Analysis, *, again: str) -> str:
    """The page of one run; `again` is the command that computes stale results."""
    rows = {label: _rows(found) for label, found in summary["measures"].items()}
    first = first_rows(summary["measures"], highlights(summary))
    story, circuit = overview.story(entries), overview.circuit(entries)
    return (
        environment()
        .get_template("page.html")
        .render(
            summary=summary,
            run=summary["run"],
            entries=entries,
            analysis=analysis,
            story=story,
            circuit=circuit,
            closeups=overview.closeups(entries),
            sections=list(_sections(entries, analysis, [story, *circuit])),
            rows=rows,
            first=first,
            leading=[entries[label] for label in first],
            again=again,
            stale=[entry for entry in entries.values() if entry.stale],
            draws=any(entry.figure is not None for entry in entries.values()),
        )
    )


def first_rows(measures: Mapping[str, Any], chosen: Mapping[tuple[str, str], bool]) -> dict[str, list[Row]]:
    """The rows of the highlights by measure with three digits, without a null that says nothing."""
    found: dict[str, list[Row]] = {}
    for (label, key), is_tested in chosen.items():
        row = _row(measures[label], key, FEW_DIGITS)
        found.setdefault(label, []).append(row if is_tested else replace(row, mean="", z=""))
    return found


@cache
def environment() -> Environment:
    """Templates in which every value is escaped unless it is marked as safe."""
    made = Environment(loader=PackageLoader("mechgrok.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {
        "show": show,
        "spec": drawn.spec,
        "explained": explained,
        "untitled": _untitled,
        "still": _still,
        "breakable": _breakable,
        "quoted": shlex.quote,
        "beside": _beside,
        "pretty": lambda value: json.dumps(value, indent=1),
    }
    made.globals |= {
        "library": scripts.library,
        "script": scripts.script,
        "policy": scripts.policy,
        "template": drawn.template,
        "size_of": drawn.style,
        "broad": drawn.BROAD,
        "dark": colours.DARK,
        "dark_rules": colours.dark_rules,
        "term": term,
    }
    made.globals |= {"version": version("mechgrok"), "anchor": lambda label: f"measure-{anchor(label)}"}
    return made


def _beside(rows: Sequence[Row]) -> list[str]:
    """The columns beside the values that are not empty in all rows."""
    return [column for column in ("mean", "z") if any(getattr(row, column) for row in rows)]


def _breakable(name: str) -> Markup:
    """A number's name, with the rows that it is over in words; it is divided after an underscore where a line is too short for it."""
    return Markup("_<wbr>").join(f"{name} rows".split("_") if name in ("all", "train", "test") else name.split("_"))


def _still(figure: go.Figure) -> Markup:
    """A figure as static SVG; nothing where it has more than that shows."""
    return Markup(still(drawn.sized(figure)) or "")


def _untitled(figure: go.Figure) -> go.Figure:
    """A copy without its title, which stands above it on the page."""
    return go.Figure(figure).update_layout(title_text="")


def _sections(entries: Mapping[str, Entry], analysis: Analysis, above: Sequence[Entry | None]) -> Iterator[Section]:
    further = _further([label for label in entries if label not in analysis.measures])
    for number, panel in enumerate((*analysis.panels, *further), 1):
        found = [entries[label] for label in panel.measures if label in entries]
        if found:
            own, elsewhere = [entry for entry in found if entry not in above], [entry for entry in found if entry in above]
            yield Section(f"panel-{number}", panel.title, panel.text, tuple(own), tuple(elsewhere))


def _further(labels: Sequence[str]) -> Iterator[Panel]:
    """A panel for each family of measures outside the panels of the analysis."""
    for name, question in QUESTIONS.items():
        members = tuple(label for label in labels if family_of(label) == name)
        yield Panel(f"Further measures: {question}", "Variants, and measures outside the analysis above.", members)


def _rows(found: Mapping[str, Any]) -> list[Row]:
    return [_row(found, key) for key in found.get("headline", {})]


def _row(found: Mapping[str, Any], key: str, digits: int = ALL_DIGITS) -> Row:
    value, missing, null = found["headline"][key], found.get("missing", {}).get(key, ""), found.get("null", {}).get(key, {})
    mean, z = null.get("mean"), null.get("z")
    pieces = _pieces(value, digits)
    short = f"{len(pieces)} values, see below" if len(pieces) > FEW else ""
    null_text = {"mean": "" if mean is None else show(mean, digits), "z": "" if z is None else _deviations(z)}
    return Row(key, pieces, short, isinstance(value, int | float), missing, **null_text)


def _deviations(z: float) -> str:
    """Beyond a thousand, the value only shows how little the null varies."""
    return show(z, 3) if abs(z) < 1000 else "> 1000" if z > 0 else "< \N{MINUS SIGN}1000"


def _pieces(value: Any, digits: int) -> list[str]:
    if isinstance(value, Mapping):
        return [f"{key}: {show(each, digits)}" for key, each in value.items()] or ["none"]
    return ([show(each, digits) for each in value] or ["none"]) if isinstance(value, list) else [show(value, digits)]


def anchor(label: str) -> str:
    """A part of an id that no two labels share."""
    return "".join(letter if letter.isascii() and letter.isalnum() else f"-{ord(letter):x}-" for letter in label)
