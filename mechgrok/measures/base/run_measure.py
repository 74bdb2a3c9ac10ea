"""The interface of a measure of a whole run."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from mechgrok.measures.base.base_measure import BaseMeasure, Fingerprints, Needed, Subjects

if TYPE_CHECKING:
    from mechgrok.runs.run import Run


class RunMeasure(BaseMeasure):
    """One quantity of a whole run: times, collapses, trajectories.

    Its table has the columns that `compute` returns, and no other. A column `step` is the step of an event or of a row.

    Attributes
    ----------
    name, title, reference : str
        As on the command line; heading in the report; who defined it.
    columns : mapping of str to str
        Meaning and unit of each column of the table.
    of_curves : bool
        Whether recorded curves suffice, so that it applies to runs without checkpoints.

    Examples
    --------
    >>> class Checkpoints(mechgrok.RunMeasure):
    ...     name = "checkpoints"
    ...     title = "Number of checkpoints"
    ...     reference = "none"
    ...     columns = {"count": "number of checkpoints"}
    ...
    ...     def compute(self, run, given):
    ...         return pd.DataFrame({"count": [len(run.steps)]})
    ...
    ...     def plot(self, result):
    ...         return bars(result, x="count", y="count")
    ...
    ...     def headline(self, result):
    ...         return {"count": int(result["count"].iloc[0])}
    >>> mechgrok.analyze(run, [Checkpoints()])["checkpoints"].headline
    {'count': 2}
    """

    has_null: ClassVar[bool] = False
    per_run: ClassVar[bool] = True
    streams: ClassVar[bool] = True

    def steps(self, run: Run) -> list[int]:
        """The step under which its table is stored: the last checkpoint, of curves alone the step at which they end.

        Parameters
        ----------
        run : Run
            The run.

        Returns
        -------
        list of int
            One step.
        """
        return [int(run.metrics["step"].max())] if run.curves_only else [run.last_step]

    def needs(self, run: Run, step: int) -> Needed:
        """The tables that it requires: each over all its checkpoints.

        Parameters
        ----------
        run : Run
            The run.
        step : int
            The step of its own table.

        Returns
        -------
        mapping of str to (measure, tuple of int)
            By the name that `compute` knows the table under: the measure, and the steps of its table.
        """
        there = run.steps or run.curves_only
        return {name: (each, tuple(each.steps(run)) if there else (step,)) for name, each in self.requires.items()}

    def subject(self, of: Subjects, step: int) -> Run:
        """The run itself.

        Parameters
        ----------
        of : Subjects
            The run, and its checkpoints as snapshots.
        step : int
            The step of its table.

        Returns
        -------
        Run
            The first argument of `compute`.
        """
        return of.run

    def fingerprint(self, of: Fingerprints, step: int) -> str:
        """A hash of all checkpoints and of the metrics recorded in training.

        Parameters
        ----------
        of : Fingerprints
            The hashes of the run.
        step : int
            The step of its table.

        Returns
        -------
        str
            Equal as long as the subject is the same.
        """
        return of.whole_fingerprint()

    @abstractmethod
    def compute(self, run: Run, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """The table of the run.

        Parameters
        ----------
        run : Run
            The run.
        given : mapping of str to DataFrame
            The tables of the measures that it requires, each over all checkpoints with the column `step`.

        Returns
        -------
        DataFrame
            With exactly `columns`.
        """
