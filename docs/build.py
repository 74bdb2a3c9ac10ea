"""Writes the pages that are made from the code: `python docs/build.py [RUN]`.

docs/measures/ has a page for each measure, docs/zoo.md what the measures find in the hand-built networks. With a RUN, such as
checkpoints/demo, the figures of the pages are drawn from its stored results and from what is computed now.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from PIL import Image

from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import Result
from mechgrok.engine.registry import measures
from mechgrok.measures.base.measure import Measure
from mechgrok.plots import export
from mechgrok.report import catalogue
from mechgrok.runs.run import open_run
from mechgrok.verification import scoring

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "measures"
FIGURES = PAGES / "figures"


def main(run: Path | None = None) -> None:
    """Writes the pages, and the figures where there is a run to draw them from."""
    if run is not None:
        draw(run)
    for place, text in pages().items():
        place.write_text(text)


def pages() -> dict[Path, str]:
    """The text of every page by its place."""
    found = {PAGES / f"{name}.md": _page(measure) for name, measure in measures().items()}
    return found | {PAGES / "README.md": index(), ROOT / "docs" / "zoo.md": zoo()}


def _page(measure: type[Measure]) -> str:
    figure = FIGURES / f"{measure.name}.png"
    return catalogue.page(measure, checks(measure), f"figures/{figure.name}" if figure.is_file() else None)


def checks(measure: type[Measure]) -> list[str]:
    """Links to the tests of a measure: its own file, other files of oracles that use it, and checks of `mechgrok verify`."""
    oracles = (ROOT / "tests" / "measures").glob("*/test_*.py")
    places = sorted([*oracles, *(ROOT / "mechgrok" / "verification").rglob("*.py")])
    named = [place for place in places if _mentions(place.read_text(), measure)]
    return [f"[{place.relative_to(ROOT)}](../../{place.relative_to(ROOT)})" for place in named]


def _mentions(text: str, measure: type[Measure]) -> bool:
    return f"{measure.__name__}(" in text or f'"{measure.name}"' in text or f'"{measure.name}(' in text


def index() -> str:
    """The table of all measures."""
    rows = [f"| [`{name}`]({name}.md) | {measure.title} | {catalogue.cost(measure)} |" for name, measure in measures().items()]
    made = "Made by `python docs/build.py`; `mechgrok explain NAME` shows the same."
    return "\n".join(["# Measures", "", made, "", "| measure | title | looks at |", "|---|---|---|", *rows, ""])


def zoo() -> str:
    """What each finder finds in each hand-built network."""
    found = scoring.table(list(scoring.scores()))
    rows = ["| " + " | ".join(_cell(row[column]) for column in found.columns) + " |" for row in found.to_dict("records")]
    head = ["| " + " | ".join(found.columns) + " |", "|---" * len(found.columns) + "|"]
    return "\n".join([*_introduction(), *head, *rows, "", *_totals(found.to_dict("records"))]) + "\n"


def _introduction() -> list[str]:
    from mechgrok.verification.network import zoo as networks

    lines = [f"- **{network.name}**: {network.says}." for network in networks()]
    return ["# The zoo: networks built by hand", "", "Made by `python docs/build.py`; `mechgrok verify` checks it.", "", *lines, ""]


def _totals(rows: list[dict[Any, Any]]) -> list[str]:
    """Over the whole zoo, how much each measure finds that is not there, and misses."""
    names = dict.fromkeys(row["measure"] for row in rows)
    lines = [f"| {name} | {_sum(rows, name, 'not there')} | {_sum(rows, name, 'missed')} |" for name in names]
    return ["| measure | found, not there | there, missed |", "|---|---|---|", *lines]


def _sum(rows: list[dict[Any, Any]], measure: str, kind: str) -> int:
    return sum(len(row[kind]) for row in rows if row["measure"] == measure)


def _cell(value: object) -> str:
    if isinstance(value, set | list):
        return ", ".join(map(str, sorted(value, key=str if any(isinstance(each, str) for each in value) else None))) or "\N{EN DASH}"
    return str(value)


def draw(path: Path) -> None:
    """The figure of every measure that applies to a run."""
    FIGURES.mkdir(parents=True, exist_ok=True)
    outcomes = analyze(open_run(path), measures(), nulls=0)
    drawn = {FIGURES / f"{label}.png": outcome.figure() for label, outcome in outcomes.items() if isinstance(outcome, Result)}
    export.write_all(drawn)
    for place in drawn:
        Image.open(place).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(place, optimize=True)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
