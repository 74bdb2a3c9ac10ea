"""What we ask of which runs, and what a paper claimed: declarative, no numerics. Each analysis is one file in the folder `analyses/`."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from mechgrok.errors import UserError, nearest

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


NEVER = math.inf
"""A published threshold that was not reached."""


@dataclass(frozen=True)
class Trial:
    """Runs of a study that differ by their seed alone: a row and a column of its table."""

    row: str
    """What is learnt."""
    column: str
    """Where it starts."""
    command: str
    """As after `mechgrok`, without --out: {seed} stands for the seed, {out} for the folder of all runs of the study."""
    tasks: Mapping[str, str] = field(default_factory=dict)
    """Of a mixture: the rows of the table that its tasks stand in, each with the task's name; by default it has one row."""

    @property
    def name(self) -> str:
        """What claims and folders call it: `row.column`."""
        return f"{self.row}.{self.column}"


@dataclass(frozen=True)
class Number:
    """A number of a measure's headline, one for each seed of a trial."""

    trial: str
    """The name of the trial, `row.column`."""
    measure: str
    """As on the command line."""
    key: str
    """The key of the headline."""
    at: str = "last"
    """The first or the last checkpoint."""
    task: str = ""
    """Of a mixture: the task that it is about, as if the run had that one alone; empty for the run as it is."""


@dataclass(frozen=True)
class Pace:
    """Steps until a trial has grokked over the steps that another one took with the same seed: below 1 is sooner."""

    trial: str
    """The trial whose time is the numerator."""
    than: str
    """The trial whose time is the denominator."""
    task: str = ""
    """Of a mixture `trial`: the task whose held-out rows count; empty for all rows."""


@dataclass(frozen=True)
class Claim:
    """A published finding as a range of a number, and a control in which the number must lie outside.

    It is reproduced where the number lies in the range for every seed, and the control's for none.
    """

    text: str
    """The published statement."""
    source: str
    """Paper, section or table."""
    value: Number | Pace
    """The number that is claimed to lie in the range."""
    control: Number | Pace
    """The number that must lie outside the range."""
    low: float = -math.inf
    """The lower end of the range."""
    high: float = math.inf
    """The upper end of the range."""


@dataclass(frozen=True)
class Paired:
    """Two numbers whose difference, taken seed by seed, is tested over the seeds against 0."""

    text: str
    """What is compared, in words."""
    value: Number
    """The first number."""
    less: Number
    """The number that is subtracted."""


@dataclass(frozen=True)
class Study:
    """Runs that are made to be compared, and what is claimed of them."""

    text: str
    """In what the runs are those of the paper, and in what not."""
    trials: tuple[Trial, ...]
    """In the order in which they are trained: parents first."""
    seeds: tuple[int, ...]
    """The seeds of every trial."""
    claims: tuple[Claim, ...]
    """The claims that are tested on the runs."""
    published: Mapping[str, float] = field(default_factory=dict)
    """Of trials, by name: smallest train fraction that groks, or NEVER; empty where a study is about something else than when runs grok."""
    paired: tuple[Paired, ...] = ()
    """The differences that are tested over the seeds."""
    parents: Mapping[str, str] = field(default_factory=dict)
    """What trials start from and none of them makes: the name of its folder beside theirs, and the command that makes it there."""

    def trial(self, name: str) -> Trial:
        """The trial of a name.

        Parameters
        ----------
        name : str
            `row.column`.

        Returns
        -------
        Trial
            The trial.

        Raises
        ------
        KeyError
            Where the study has no such trial.
        """
        return {trial.name: trial for trial in self.trials}[name]


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
    package = Path(__file__).parent
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
