"""Figures and panels of measures on a run, from stored results where they hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import plotly.graph_objects as go

from mechgrok.engine.registry import as_measure
from mechgrok.errors import UserError
from mechgrok.measures.base.measure import BaseMeasure
from mechgrok.measures.grokking.phase_boundaries import PhaseBoundaries, phases
from mechgrok.plots import sheet
from mechgrok.plots.phases import is_over_steps, shade
from mechgrok.plots.primitives import panels

if TYPE_CHECKING:
    from mechgrok.engine.outcomes import Result
    from mechgrok.engine.progress import Tick
    from mechgrok.runs.run import Run

Source: TypeAlias = str | BaseMeasure | Callable[[Any], Any] | go.Figure
"""A measure, with a letter behind a colon for one of its panels, or a figure."""
Drawable: TypeAlias = BaseMeasure | go.Figure
_LETTERED = re.compile(r"(.*):([a-z])", re.DOTALL)


@dataclass(frozen=True)
class Drawing:
    """Draws measures on a run: over its checkpoints, or as they were at a step."""

    run: Run
    step: int | None = None
    tick: Tick | None = None

    def whole(self, source: Source) -> go.Figure:
        """The figure with all of its panels, or the panel that is named."""
        measure, letter = _parted(source)
        return self._panel(measure, letter) if letter else self._drawn(measure)

    def several(self, sources: Sequence[Source], columns: int | None) -> go.Figure:
        """A panel of each in one figure."""
        if not sources:
            raise UserError("name at least one measure")
        found = [self._with_title(*_parted(source)) for source in sources]
        return panels([figure for figure, _ in found], titles=[title for _, title in found], columns=columns)

    def shaded(self, figure: go.Figure) -> go.Figure:
        """The figure with the phases of training behind its panels over steps."""
        if not is_over_steps(figure):
            raise UserError("phases are shaded in panels over steps, and the figure has none")
        found = phases(replace(self, step=None)._result(PhaseBoundaries()).table)
        if not found:
            raise UserError(f"no phase of training of {self.run.name} has a beginning and an end; phase-boundaries gives the reasons")
        return shade(figure, found)

    def _with_title(self, measure: Drawable, letter: str) -> tuple[go.Figure, str]:
        figure = self._panel(measure, letter or "a")
        own = figure.layout.title.text or ""
        return figure, own if letter or not isinstance(measure, BaseMeasure) else measure.title

    def _panel(self, measure: Drawable, letter: str) -> go.Figure:
        """Panel a of a figure without panels is the figure itself."""
        if letter != "a" and "xaxis2" not in self._drawn(measure).layout:
            raise UserError(f"the figure has no panel {letter}; it is one panel, a")
        with sheet.on(replace(sheet.current(), panel=letter)):
            return self._drawn(measure)

    def _drawn(self, measure: Drawable) -> go.Figure:
        if isinstance(measure, go.Figure):
            return measure
        return self._result(measure).figure()

    def _result(self, measure: BaseMeasure) -> Result:
        if self.step is not None:
            return self._computed(measure, self._steps(measure, self.step))
        return self._stored(measure) or self._computed(measure)

    def _steps(self, measure: BaseMeasure, last: int) -> list[int]:
        """The checkpoints up to the last one; of an expensive measure that one alone."""
        if measure.per_run:
            raise UserError(f"{measure.label} is a measure of the whole run; --step needs one of checkpoints")
        if last not in self.run.steps:
            nearest = min(self.run.steps, key=lambda each: abs(each - last), default="none")
            raise UserError(f"{self.run.name} has no checkpoint at step {last}; the nearest is {nearest}")
        return [each for each in self.run.steps if each <= last] if measure.cost == "cheap" else [last]

    def _stored(self, measure: BaseMeasure) -> Result | None:
        """The stored result, if it covers all checkpoints and nothing has changed since."""
        from mechgrok.report.stored import Stored

        stored = Stored(self.run)
        wanted = self.run.steps if measure.cost == "cheap" else self.run.steps[-1:]
        complete = wanted and set(wanted) <= set(stored.steps(measure))
        return stored.result(measure) if complete and stored.stale(measure) is None else None

    def _computed(self, measure: BaseMeasure, steps: Sequence[int] | Literal["all"] = "all") -> Result:
        from mechgrok.engine.analyze import analyze
        from mechgrok.engine.outcomes import Failure, NotApplicable

        outcome = analyze(self.run, [measure], steps=steps, nulls=0, tick=self.tick)[measure.label]
        if isinstance(outcome, NotApplicable):
            raise UserError(f"{measure.label} does not apply to {self.run.name}: {outcome.reason}")
        if isinstance(outcome, Failure):
            raise UserError(f"{measure.label} failed: {outcome.reason}; mechgrok analyze {self.run.path} {measure.label} shows where")
        return outcome


def _parted(source: Source) -> tuple[Drawable, str]:
    """The measure, and the letter of its panel; empty where none is named."""
    found = _LETTERED.fullmatch(source) if isinstance(source, str) else None
    name, letter = found.groups() if found else (source, "")
    return name if isinstance(name, go.Figure) else as_measure(name), letter
