"""The two kinds of measure: one quantity as a table and a figure, of a checkpoint (`Measure`) or of a whole run (`RunMeasure`)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from mechgrok.measures.base.base_measure import BaseMeasure, Fingerprints, Headline, Missing, Needed, Subjects
from mechgrok.measures.base.run_measure import RunMeasure

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from numpy.typing import ArrayLike

    from mechgrok.runs.run import Run
    from mechgrok.runs.snapshot import Snapshot

__all__ = ["BaseMeasure", "Headline", "Measure", "Missing", "RunMeasure", "last", "step_title"]


class Measure(BaseMeasure):
    """One quantity of a checkpoint. Its fields are its parameters; it has no other state.

    Write `compute` for one checkpoint. The engine calls it at each checkpoint, with the same `Snapshot` for all measures, and joins the
    tables; the column `step` is added.

    Attributes
    ----------
    name, title, reference : str
        As on the command line; heading in the report; who defined it.
    columns : mapping of str to str
        Meaning and unit of each column of the table, without `step`.
    cost : {"cheap", "expensive"}
        An expensive measure is computed at the last checkpoint only, unless steps are named.
    has_null : bool
        Whether its headline is compared with that of networks whose number tokens are renamed at random.
    streams : bool
        Whether it needs little memory on a table of any size: it takes what a snapshot shares, goes through its pieces, or uses no rows.

    Examples
    --------
    >>> class LargestWeight(mechgrok.Measure):
    ...     name = "largest-weight"
    ...     title = "Largest weight of the embedding"
    ...     reference = "none"
    ...     columns = {"largest": "largest absolute entry of W_E"}
    ...
    ...     def compute(self, snapshot, given):
    ...         return pd.DataFrame({"largest": [float(snapshot.embedding.abs().max())]})
    ...
    ...     def plot(self, result):
    ...         return curves(result, x="step", y="largest")
    ...
    ...     def headline(self, result):
    ...         return {"largest": float(result["largest"].iloc[-1])}
    >>> found = mechgrok.analyze(run, [LargestWeight()], nulls=0)["largest-weight"]
    >>> list(found.table.columns), found.table["step"].tolist()
    (['largest', 'step'], [0, 20])
    """

    has_null: ClassVar[bool] = True
    per_run: ClassVar[bool] = False

    def steps(self, run: Run) -> list[int]:
        """The checkpoints at which it is computed unless steps are named: all, of an expensive measure the last.

        Parameters
        ----------
        run : Run
            The run.

        Returns
        -------
        list of int
            Ascending; empty for a run of curves alone.
        """
        if run.curves_only:
            return []
        return [run.last_step] if self.cost == "expensive" or not run.steps else run.steps

    def needs(self, run: Run, step: int) -> Needed:
        """The tables that it requires: each at the same step, or at the last one of the run.

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
        return {name: (each, (run.last_step if each.at == "last" and run.steps else step,)) for name, each in self.requires.items()}

    def view(self, snapshot: Snapshot) -> Snapshot:
        """The checkpoint in the basis, or with the rows, that the measure is defined on.

        Parameters
        ----------
        snapshot : Snapshot
            The checkpoint.

        Returns
        -------
        Snapshot
            The checkpoint itself unless a subclass overrides this.
        """
        return snapshot

    def subject(self, of: Subjects, step: int) -> Snapshot:
        """The checkpoint as `view` returns it.

        Parameters
        ----------
        of : Subjects
            The run, and its checkpoints as snapshots.
        step : int
            The step of its table.

        Returns
        -------
        Snapshot
            The first argument of `compute`.
        """
        return self.view(of.snapshot(step))

    def fingerprint(self, of: Fingerprints, step: int) -> str:
        """A hash of the checkpoint, the split, the task and the model.

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
        return of.fingerprint(step)

    @abstractmethod
    def compute(self, snapshot: Any, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """The long table of one checkpoint.

        Parameters
        ----------
        snapshot : Snapshot
            The checkpoint, as `view` returns it.
        given : mapping of str to DataFrame
            The tables of the measures that it requires, at the same step or at the last one.

        Returns
        -------
        DataFrame
            With exactly `columns`.
        """

    def frame(self, rows: pd.DataFrame) -> Sequence[Mapping[str, ArrayLike]]:
        """The values of its figure's panel of one checkpoint, by which the page shows that panel at other steps.

        Parameters
        ----------
        rows : DataFrame
            Its table at one step.

        Returns
        -------
        sequence of mapping of str to array
            The arrays "x" and "y" of the first traces of the figure; empty unless a subclass overrides this.
        """
        return ()

    def closeup(self, result: pd.DataFrame) -> go.Figure | None:
        """One part of its figure alone, which the page shows large beside the spectra.

        Parameters
        ----------
        result : DataFrame
            Its table.

        Returns
        -------
        Figure or None
            None unless a subclass overrides this.
        """
        return None


def last(result: pd.DataFrame) -> pd.DataFrame:
    """The rows of the last checkpoint."""
    return result[result["step"] == result["step"].max()]


def step_title(now: pd.DataFrame) -> str:
    """`Step 3 000` for the rows of one checkpoint."""
    return f"Step {now['step'].max():,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
