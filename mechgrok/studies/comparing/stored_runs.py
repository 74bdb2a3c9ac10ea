"""What is stored of several runs: the frame and the figures of a comparison."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mechgrok.engine.provenance import of_curves, of_result, provenance
from mechgrok.errors import UserError
from mechgrok.measures.base.measure import BaseMeasure
from mechgrok.studies.comparing.compared import Compared
from mechgrok.studies.comparing.frame import frame
from mechgrok.studies.comparing.groups import Groups, grouped
from mechgrok.studies.comparing.headlines import Headline, Headlines
from mechgrok.studies.comparing.reading import reading

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

USUAL = ("key-frequencies", "logit-cosines", "restricted-loss")
"""The measures that a comparison shows without being asked, where they are stored."""


@dataclass(frozen=True)
class StoredRuns:
    """Several runs with what varies, their groups, and the named measures."""

    runs: tuple[Compared, ...]
    varying: Mapping[str, list[Any]]
    by: tuple[str, ...]
    measures: tuple[BaseMeasure, ...] = ()

    @cached_property
    def groups(self) -> Groups:
        """The runs by group."""
        return grouped(self.runs, self.by)

    @cached_property
    def shown(self) -> tuple[BaseMeasure, ...]:
        """The measures whose numbers at the last checkpoint are shown: those that were named, else the usual ones."""
        from mechgrok.engine.registry import parse

        return self.measures or tuple(map(parse, USUAL))

    @cached_property
    def stored(self) -> dict[str, dict[str, Headline]]:
        """The stored headlines of the shown measures and of key-frequencies, by run and label."""
        return {run.name: _headlines(Headlines(run.path), self._of_numbers()) for run in reading(self.runs, "results")}

    @cached_property
    def _frame(self) -> pd.DataFrame:
        return frame(self.runs, self.varying, self.stored, self.measures)

    def frame(self) -> pd.DataFrame:
        """The runs as a table.

        Returns
        -------
        DataFrame
            A row a run: run, values that vary, memorised and generalised (steps; empty where not reached by last_step), last_step, losses
            and accuracies at the last reading, key_frequencies, and the numbers of the named measures, `label key`.
        """
        return self._frame.copy()

    def times(self) -> pd.DataFrame:
        """The columns of the frame up to last_step, for which nothing but configs and curves is read.

        Returns
        -------
        DataFrame
        """
        nothing: dict[str, dict[str, Headline]] = {run.name: {} for run in self.runs}
        table = frame(self.runs, self.varying, nothing, ())
        return table.loc[:, :"last_step"]  # type: ignore[misc]

    def figures(self) -> dict[str, go.Figure]:
        """The figures by name: curves, times, key frequencies, and the measures by label.

        Returns
        -------
        dict of str to Figure
            Without those of which nothing is stored.
        """
        from mechgrok.studies.comparing import figures

        groups, stored = self.groups, self.stored
        drawn = {"curves": figures.curves(groups), "times": figures.times(groups)}
        drawn["key frequencies"] = figures.key_frequencies(groups, stored)
        for measure in self.shown:
            drawn[measure.label] = self._of_measure(measure)
        return {name: figure for name, figure in drawn.items() if figure is not None}

    def figure(self, label: str) -> go.Figure:
        """The figure of one measure by group; loss and grok-times are drawn from the recorded curves.

        Parameters
        ----------
        label : str
            A measure such as "gini".

        Returns
        -------
        Figure

        Raises
        ------
        UserError
            Where no run has stored results of it.
        """
        from mechgrok.engine.registry import parse
        from mechgrok.studies.comparing import figures

        drawn = {
            "loss": lambda: figures.curves(self.groups),
            "grok-times": lambda: figures.times(self.groups),
            "key-frequencies": lambda: figures.key_frequencies(self.groups, self.stored),
        }
        found = drawn.get(label, lambda: self._of_measure(parse(label)))()
        if found is None:
            folders = shlex.join(dict.fromkeys(run.path.parent.as_posix() for run in self.runs))
            raise UserError(f"no run has stored results of {label}; make them with: mechgrok analyze {folders} {shlex.quote(label)}")
        return found

    def _of_measure(self, measure: BaseMeasure) -> go.Figure | None:
        """A named measure over the checkpoints, another one at the last."""
        from mechgrok.studies.comparing import figures

        if measure in self.measures and not measure.per_run:
            tables = {run.name: Headlines(run.path).over_steps(measure) for run in reading(self.runs, measure.label)}
            if any(len(table) > 1 for table in tables.values()):
                return figures.over_steps(self.groups, tables)
        return figures.numbers(self.groups, self.stored, measure.label)

    def provenance(self) -> dict[str, Any]:
        """The curves and the stored results that the numbers are from.

        Returns
        -------
        dict
            `results`: run, measure, step and stamp of each; `software`: versions.
        """
        curves = [of_curves(run.name, run.path) for run in self.runs]
        found = [(run, measure, self.stored[run.name].get(measure.label)) for run in self.runs for measure in self._of_numbers()]
        results = [of_result(run.name, run.path, measure, headline.step) for run, measure, headline in found if headline]
        return provenance([*curves, *results])

    def _of_numbers(self) -> Sequence[BaseMeasure]:
        from mechgrok.engine.registry import parse

        return list(dict.fromkeys([parse("key-frequencies"), *self.shown]))

    def lacking(self) -> dict[str, list[Compared]]:
        """The runs without stored results of a shown measure, by its label."""
        found = {measure.label: [run for run in self.runs if measure.label not in self.stored[run.name]] for measure in self.shown}
        return {label: runs for label, runs in found.items() if runs}

    def _repr_html_(self) -> str:
        return str(self.frame().to_html(index=False))


def _headlines(stored: Headlines, measures: Sequence[BaseMeasure]) -> dict[str, Headline]:
    found = {measure.label: stored.last(measure) for measure in measures}
    return {label: headline for label, headline in found.items() if headline is not None}
