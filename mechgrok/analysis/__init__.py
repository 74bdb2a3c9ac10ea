"""What we ask of which runs, and what a paper claimed: declarative, no numerics. Each analysis is one file in the folder `analyses/`."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mechgrok.analysis.grid import grid
from mechgrok.analysis.numbers import Difference, Number, Pace, Quantity, Ratio, Reached, Share
from mechgrok.analysis.study import NEVER, Claim, Paired, Study, Threshold, Trial
from mechgrok.errors import UserError, nearest

__all__ = [
    "DEFAULT",
    "NEVER",
    "Analysis",
    "Claim",
    "Difference",
    "Number",
    "Pace",
    "Paired",
    "Panel",
    "Quantity",
    "Ratio",
    "Reached",
    "Share",
    "Study",
    "Threshold",
    "Trial",
    "analyses",
    "analysis",
    "grid",
    "suited",
]

DEFAULT = "nanda2023"
"""The default analysis of runs for whose kind of task there is no other."""


@dataclass(frozen=True)
class Panel:
    """One question: its answers are read together."""

    title: str
    """The question, as a heading."""
    text: str
    """What to look for, a sentence or two."""
    measures: tuple[str, ...]
    """As on the command line: `name` or `name(field=value, ...)`."""


@dataclass(frozen=True)
class Analysis:
    """A reading order of measures, after a paper."""

    name: str
    """The name of its file."""
    title: str
    """The heading of the report."""
    source: str
    """The paper: authors, year, arXiv number."""
    text: str
    """What the analysis asks, in a paragraph."""
    panels: tuple[Panel, ...]
    """The questions, in reading order."""
    tasks: tuple[str, ...] = ()
    """The kinds of task for which it replaces DEFAULT."""
    study: Study | None = None
    """Runs of its own, where it compares several: mechgrok study makes them."""
    corrupted: bool = False
    """Whether it is the default for runs with corrupted labels, whatever their task."""

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures of all panels, in reading order."""
        return tuple(measure for panel in self.panels for measure in panel.measures)


@cache
def analyses() -> dict[str, Analysis]:
    """Every analysis by its name."""
    found = [_read(path) for path in sorted(_folder().glob("*.py"))]
    return {analysis.name: analysis for analysis in found}


def analysis(name: str) -> Analysis:
    """The analysis of that name. Raises UserError."""
    if name not in analyses():
        raise UserError(f"there is no analysis {name}{nearest(name, list(analyses()))}")
    return analyses()[name]


def suited(task: str | None, corruption: str | None = None) -> Analysis:
    """The default analysis of a run with that kind of task and corruption."""
    of_task = [each for each in analyses().values() if task in each.tasks]
    of_labels = [each for each in analyses().values() if each.corrupted and corruption not in (None, "none")]
    return [*of_task, *of_labels, analysis(DEFAULT)][0]


def _folder() -> Path:
    """Inside the installed package, or beside it in a source checkout."""
    package = Path(__file__).parents[1]
    shipped = package / "_analyses"
    return shipped if shipped.is_dir() else package.parent / "analyses"


def _read(path: Path) -> Analysis:
    spec = importlib.util.spec_from_file_location(f"mechgrok._analyses.{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Analysis = module.ANALYSIS
    if found.name != path.stem:
        raise UserError(f"{path} must hold the analysis {path.stem}, not {found.name}")
    return found
