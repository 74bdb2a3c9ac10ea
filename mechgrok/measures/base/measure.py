"""How we look: one quantity, as a table over checkpoints and a figure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import pandas as pd

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from mechgrok.runs.run import Run
    from mechgrok.runs.snapshot import Snapshot
    from mechgrok.tasks.task import Task


class Missing(str):
    """Stands in a headline for a number that the run cannot tell; the text is the reason."""


Headline = dict[str, Any]


@dataclass(frozen=True)
class Measure(ABC):
    """One quantity. Its fields are its parameters; it has no other state.

    Write `compute` for one checkpoint; the engine loops over checkpoints and hands the measures the same snapshot.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]
    """Who defined it: paper, section."""
    columns: ClassVar[Mapping[str, str]]
    """Meaning and unit of each column of the table; the engine adds `step`."""
    cost: ClassVar[Literal["cheap", "expensive"]] = "cheap"
    """An expensive measure looks at the last checkpoint only, unless steps are named."""

    has_null: ClassVar[bool] = True
    """Whether renaming the number tokens at random says anything about it."""

    of_curves: ClassVar[bool] = False
    """Whether recorded curves are enough for it, so that it applies to runs without checkpoints."""

    @property
    def requires(self) -> Mapping[str, Measure]:
        """Measures whose tables `compute` is given, by the name it knows them under."""
        return {}

    @property
    def at(self) -> Literal["own", "last"]:
        """As a requirement: computed at each checkpoint, or at the run's last one for all of them."""
        return "own"

    def obstacle(self, run: Run) -> str | None:
        """Why it does not apply to a run, in words."""
        return None

    def view(self, snapshot: Snapshot) -> Snapshot:
        """The checkpoint as this measure looks at it."""
        return snapshot

    @abstractmethod
    def compute(self, snapshot: Any, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """The long table of one checkpoint (a `Snapshot`), with exactly `columns`."""

    @abstractmethod
    def plot(self, result: pd.DataFrame) -> go.Figure:
        """The figure of a table over checkpoints (`columns` and `step`); sees nothing else."""

    @abstractmethod
    def headline(self, result: pd.DataFrame) -> Headline:
        """The few numbers worth quoting, of the last checkpoint in a table."""

    def caption(self) -> str:
        """What the figure shows, with the variant and parameters that it was computed with."""
        return ((type(self).__doc__ or "").split("\n\n")[0]).replace("\n    ", " ").strip()

    def left_out(self, task: Task) -> str:
        """What of the table it does not look at, as a sentence; empty where it sees all rows."""
        return ""

    @property
    def label(self) -> str:
        """Its name, and those fields that are not at their defaults: `restricted-loss(keys=6,23,39)`."""
        set_by_hand = [f"{field.name}={_show(getattr(self, field.name))}" for field in fields(self) if not _is_default(self, field)]
        return f"{self.name}({', '.join(set_by_hand)})" if set_by_hand else self.name


class RunMeasure(Measure):
    """One quantity of a whole run: times, collapses, trajectories.

    `compute` is given the run itself, and for each required measure of checkpoints its table over all of them. Where its columns hold
    a `step`, that is the step of an event or of a row; the engine adds none.
    """

    has_null: ClassVar[bool] = False

    @abstractmethod
    def compute(self, run: Run, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """The table of the run, with exactly `columns`."""


def last(result: pd.DataFrame) -> pd.DataFrame:
    """The rows of the last checkpoint."""
    return result[result["step"] == result["step"].max()]


def step_title(now: pd.DataFrame) -> str:
    """`Step 3 000` for the rows of one checkpoint."""
    return f"Step {now['step'].max():,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _is_default(measure: Measure, field: Any) -> bool:
    default = field.default if field.default is not MISSING else field.default_factory()
    return getattr(measure, field.name) == default


def _show(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
