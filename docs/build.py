"""Writes the pages that are made from the code: `python docs/build.py [MEASURE ...] [--run RUN]`.

docs/measures/ has a page for each measure and an index, docs/zoo.md what the measures find in the hand-built networks, docs/api.md what
there is in Python. With measures
named, only their pages and the index are written. With a RUN, such as checkpoints/demo, their figures are drawn from its results, stored
or computed now; a picture whose figure has not changed stays as it is.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from mechgrok.engine.registry import measures
from mechgrok.errors import nearest
from mechgrok.measures.base.measure import BaseMeasure
from mechgrok.measures.families import QUESTIONS, by_family
from mechgrok.report import catalogue

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "measures"
FIGURES = PAGES / "figures"


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes pages, and figures where a run is given; prints the files that changed."""
    parser = argparse.ArgumentParser(description="Writes docs/measures/, docs/zoo.md and docs/api.md.")
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help="write these pages and the index alone")
    parser.add_argument("--run", type=Path, help="draw the figures from this run")
    asked = parser.parse_args(arguments)
    for name in asked.measures:
        if name not in measures():
            parser.error(f"there is no measure {name}{nearest(name, list(measures()))}")
    changed = _draw(asked.run, asked.measures or list(measures())) if asked.run else []
    for place in [*changed, *_written(pages(asked.measures))]:
        print(place.relative_to(ROOT))


def _draw(run: Path, names: Sequence[str]) -> list[Path]:
    import pictures

    return pictures.draw(run, names, FIGURES)


def _written(texts: dict[Path, str]) -> list[Path]:
    """Writes the texts that differ from their files; gives these files."""
    changed = [place for place, text in texts.items() if not place.is_file() or place.read_text() != text]
    for place in changed:
        place.write_text(texts[place])
    return changed


def pages(names: Sequence[str] = ()) -> dict[Path, str]:
    """The text of every page by its place, or of the pages of some measures and the index."""
    found = {PAGES / f"{name}.md": _page(measures()[name]) for name in names or measures()} | {PAGES / "README.md": index()}
    return found if names else found | {ROOT / "docs" / "zoo.md": _zoo(), ROOT / "docs" / "api.md": _api()}


def _zoo() -> str:
    import zoo

    return zoo.page()


def _api() -> str:
    import api

    return api.page()


def _page(measure: type[BaseMeasure]) -> str:
    figure = FIGURES / f"{measure.name}.png"
    return catalogue.page(measure, checks(measure), f"figures/{figure.name}" if figure.is_file() else None)


def checks(measure: type[BaseMeasure]) -> list[str]:
    """Links to the tests of a measure: its own file, other files of oracles that use it, and checks of `mechgrok verify`."""
    oracles = (ROOT / "tests" / "measures").glob("*/test_*.py")
    places = sorted([*oracles, *(ROOT / "mechgrok" / "verification").rglob("*.py")])
    named = [place for place in places if _mentions(place.read_text(), measure)]
    return [f"[{place.relative_to(ROOT)}](../../{place.relative_to(ROOT)})" for place in named]


def _mentions(text: str, measure: type[BaseMeasure]) -> bool:
    return f"{measure.__name__}(" in text or f'"{measure.name}"' in text or f'"{measure.name}(' in text


def index() -> str:
    """The tables of all measures, one for each family."""
    made = "Made by `python docs/build.py`; `mechgrok explain NAME` prints the same pages, `mechgrok list measures` the same families."
    families = by_family(measures().values())
    return "\n".join(["# Measures", "", made, *(line for name, members in families.items() for line in _family(name, members)), ""])


def _family(name: str, members: Sequence[type[BaseMeasure]]) -> list[str]:
    rows = [f"| [`{measure.name}`]({measure.name}.md) | {measure.title} | {catalogue.cost(measure)} |" for measure in members]
    return ["", f"## {QUESTIONS[name]}", "", "| measure | title | computed |", "|---|---|---|", *rows]


if __name__ == "__main__":
    main()
