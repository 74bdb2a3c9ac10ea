"""The interface that the two kinds of measure share, and the numbers that a measure quotes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

import pandas as pd

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from mechgrok.runs.run import Run
    from mechgrok.runs.snapshot import Snapshot
    from mechgrok.tasks.task import Task


class Missing(str):
    """A number of a headline that cannot be computed from the run; the text is the reason.

    Examples
    --------
    >>> mechgrok.Missing("the train split of this run is unknown")
    'the train split of this run is unknown'
    """


Headline = dict[str, Any]
"""The numbers worth quoting by name: int, float, bool, str, `Missing`, or lists and mappings of these."""


class Fingerprints(Protocol):
    """Hashes of what is measured: of a checkpoint with the split, the task and the model, and of all checkpoints with the curves."""

    def fingerprint(self, step: int) -> str: ...
    def whole_fingerprint(self) -> str: ...


class Subjects(Protocol):
    """What is measured."""

    @property
    def run(self) -> Run: ...
    def snapshot(self, step: int) -> Snapshot: ...


Needed = Mapping[str, tuple["BaseMeasure", tuple[int, ...]]]
"""Required tables by name: the measure, and the steps of its table."""


@dataclass(frozen=True)
class BaseMeasure(ABC):
    """What `Measure` and `RunMeasure` have in common; subclass one of these two.

    Attributes
    ----------
    name : str
        As on the command line.
    title : str
        Heading of its section in the report.
    reference : str
        Who defined it: paper, section.
    columns : mapping of str to str
        Meaning and unit of each column of the table.
    cost : {"cheap", "expensive"}
        An expensive measure is computed at the last checkpoint only, unless steps are named.
    by_default : bool
        Whether `mechgrok.analyze` computes it, if it is cheap, where no measures are named.
    has_null : bool
        Whether its headline is compared with that of networks whose number tokens are renamed at random.
    of_curves : bool
        Whether recorded curves suffice, so that it applies to runs without checkpoints.
    per_run : bool
        Whether there is one table for the run, not one for each checkpoint.
    streams : bool
        Whether it needs little memory on a table of any size: it takes what a snapshot shares, goes through its pieces, or uses no rows.
    any_columns : bool
        Whether the columns of its table are not known before it is computed; then `columns` is empty.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]
    columns: ClassVar[Mapping[str, str]]
    cost: ClassVar[Literal["cheap", "expensive"]] = "cheap"
    by_default: ClassVar[bool] = True
    has_null: ClassVar[bool]
    of_curves: ClassVar[bool] = False
    per_run: ClassVar[bool]
    streams: ClassVar[bool] = False
    any_columns: ClassVar[bool] = False

    @property
    def requires(self) -> Mapping[str, BaseMeasure]:
        """Measures whose tables are passed to `compute`, by the name of the table there."""
        return {}

    @property
    def at(self) -> Literal["own", "last"]:
        """As a requirement: computed at each checkpoint, or at the run's last one for all of them."""
        return "own"

    def obstacle(self, run: Run) -> str | None:
        """The reason why it does not apply to a run; None where it applies."""
        return None

    @abstractmethod
    def steps(self, run: Run) -> list[int]:
        """The steps at which it is computed unless steps are named. Raises UserError where the run has no checkpoint."""

    @abstractmethod
    def needs(self, run: Run, step: int) -> Needed:
        """The required tables for the table of a step."""

    @abstractmethod
    def subject(self, of: Subjects, step: int) -> Any:
        """The first argument of `compute` for the table of a step."""

    @abstractmethod
    def fingerprint(self, of: Fingerprints, step: int) -> str:
        """A hash of the subject."""

    @abstractmethod
    def compute(self, subject: Any, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """A table with exactly `columns`."""

    @abstractmethod
    def plot(self, result: pd.DataFrame) -> go.Figure:
        """The figure of a result's table, made from nothing else."""

    @abstractmethod
    def headline(self, result: pd.DataFrame) -> Headline:
        """The few numbers worth quoting from a result's table."""

    def caption(self) -> str:
        """What the figure shows, with the variant and parameters that it was computed with."""
        return ((type(self).__doc__ or "").split("\n\n")[0]).replace("\n    ", " ").strip()

    def left_out(self, task: Task) -> str:
        """The rows of the task's table that it leaves out, as a sentence; empty where it uses all rows."""
        return ""

    @property
    def label(self) -> str:
        """Its name, and those fields that are not at their defaults: `restricted-loss(keys=6,23,39)`."""
        set_by_hand = [f"{field.name}={_show(getattr(self, field.name))}" for field in fields(self) if not _is_default(self, field)]
        return f"{self.name}({', '.join(set_by_hand)})" if set_by_hand else self.name


def _is_default(measure: BaseMeasure, field: Any) -> bool:
    default = field.default if field.default is not MISSING else field.default_factory()
    return getattr(measure, field.name) == default


def _show(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
