"""Figures and panels of measures on a run, from stored results where they hold."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import plotly.graph_objects as go

from mechgrok.engine.needed import has_large_table
from mechgrok.engine.provenance import of_result, of_unstored, provenance
from mechgrok.engine.registry import as_measure
from mechgrok.errors import UserError
from mechgrok.measures.base.measure import BaseMeasure
from mechgrok.measures.grokking.phase_boundaries import PhaseBoundaries, phases
from mechgrok.plots import sheet
from mechgrok.plots.animation import Moving, animate
from mechgrok.plots.phases import is_over_steps, shade
from mechgrok.plots.primitives import panels
from mechgrok.report.commands import analyzing
from mechgrok.report.figures.frames import completed, frames, thinned
from mechgrok.report.figures.maps import shows_maps

if TYPE_CHECKING:
    from mechgrok.engine.outcomes import Result
    from mechgrok.engine.progress import Tick
    from mechgrok.runs.run import Run

Source: TypeAlias = str | BaseMeasure | Callable[[Any], Any] | go.Figure
"""A measure, with a letter behind a colon for one of its panels, or a figure."""
Drawable: TypeAlias = BaseMeasure | go.Figure
MAPS = 20
"""Checkpoints of an animated map; each is computed as expensively as the last one."""
_LETTERED = re.compile(r"(.*):([a-z])", re.DOTALL)


@dataclass(frozen=True)
class Drawn:
    """A figure, what its panel may be called, and what is different in it at other checkpoints."""

    figure: go.Figure
    names: tuple[str, ...] = ()
    """The preferred one first."""
    moving: tuple[Moving, ...] = ()


@dataclass(frozen=True)
class Drawing:
    """Draws measures on a run: over its checkpoints, or as they were at a step."""

    run: Run
    step: int | None = None
    tick: Tick | None = None
    moves: bool = False
    """Whether maps of one checkpoint are computed at others as well, for an animation."""
    unstored: set[BaseMeasure] = field(default_factory=set)
    """Measures whose results were computed for the figure and could not be stored."""

    def whole(self, source: Source) -> Drawn:
        """The figure with all of its panels, or the panel that is named."""
        measure, letter = _parted(source)
        return self._panel(measure, letter) if letter else self._drawn(measure)

    def several(self, sources: Sequence[Source], columns: int | None) -> Drawn:
        """A panel of each in one figure."""
        if not sources:
            raise UserError("name at least one measure")
        found = [self._with_title(*_parted(source)) for source in sources]
        starts = accumulate([0, *(len(each.figure.data) for each in found)])
        moving = [replace(each, first=each.first + start) for part, start in zip(found, starts, strict=False) for each in part.moving]
        titles = distinct([each.names for each in found])
        return Drawn(panels([each.figure for each in found], titles=titles, columns=columns), moving=tuple(moving))

    def animated(self, drawn: Drawn) -> go.Figure:
        """The figure with a frame for each checkpoint, at most 50; one of maps alone has a frame for each map."""
        moved = sorted({step for each in drawn.moving for step in each.steps})
        return animate(drawn.figure, thinned(self._known) if is_over_steps(drawn.figure) else moved, drawn.moving)

    @property
    def _known(self) -> list[int]:
        return [step for step in self.run.steps if self.step is None or step <= self.step]

    def provenance(self, sources: Sequence[Source], *, phases: bool = False) -> dict[str, Any]:
        """Run, measures, steps, stamps and versions of what is drawn; figures of the user have none. Phases are those of the whole run."""
        named = [measure for measure, _ in map(_parted, sources) if isinstance(measure, BaseMeasure)]
        entries = [self._entry(measure) for measure in dict.fromkeys(named)]
        shades = [replace(self, step=None)._entry(PhaseBoundaries())] if phases and PhaseBoundaries() not in named else []
        return provenance([*entries, *shades])

    def _entry(self, measure: BaseMeasure) -> dict[str, Any]:
        if measure not in self.unstored:
            return of_result(self.run.name, self.run.beside, measure, self.step)
        return of_unstored(self.run.name, measure, measure.steps(self.run)[-1] if self.step is None else self.step)

    def shaded(self, figure: go.Figure) -> go.Figure:
        """The figure with the phases of training behind its panels over steps."""
        if not is_over_steps(figure):
            raise UserError("phases are shaded in panels over steps, and the figure has none")
        found = phases(replace(self, step=None)._result(PhaseBoundaries()).table)
        if not found:
            raise UserError(f"no phase of training of {self.run.name} has a beginning and an end; phase-boundaries gives the reasons")
        return shade(figure, found)

    def _with_title(self, measure: Drawable, letter: str) -> Drawn:
        drawn = self._panel(measure, letter or "a")
        own = drawn.figure.layout.title.text or ""
        if letter or not isinstance(measure, BaseMeasure):
            return replace(drawn, names=(own,))
        return replace(drawn, names=(measure.title, own, measure.label))

    def _panel(self, measure: Drawable, letter: str) -> Drawn:
        """Panel a of a figure without panels is the figure itself. Only the first panel moves."""
        if letter != "a" and "xaxis2" not in self._drawn(measure).figure.layout:
            raise UserError(f"the figure has no panel {letter}; it is one panel, a")
        with sheet.on(replace(sheet.current(), panel=letter)):
            drawn = self._drawn(measure)
        return drawn if letter == "a" else replace(drawn, moving=())

    def _drawn(self, measure: Drawable) -> Drawn:
        if isinstance(measure, go.Figure):
            return Drawn(measure)
        result = self._result(measure)
        if self.moves and shows_maps(result):
            result = self._computed(measure, thinned(self._known, MAPS))
        figure, found = result.figure(), frames(result)
        return Drawn(figure, moving=(Moving(0, found["steps"], completed(found)),) if found else ())

    def _result(self, measure: BaseMeasure) -> Result:
        if self.step is not None:
            return self._computed(measure, self._steps(measure, self.step))
        return self._stored(measure) or self._computed(measure, "last" if has_large_table(self.run) else "all")

    def _steps(self, measure: BaseMeasure, last: int) -> list[int]:
        """The checkpoints up to the last one; of an expensive measure that one alone."""
        if measure.per_run:
            raise UserError(f"{measure.label} is a measure of the whole run; --step needs one of checkpoints")
        if last not in self.run.steps:
            nearest = min(self.run.steps, key=lambda each: abs(each - last), default="none")
            raise UserError(f"{self.run.name} has no checkpoint at step {last}; the nearest is {nearest}")
        return [each for each in self.run.steps if each <= last] if measure.cost == "cheap" else [last]

    def _stored(self, measure: BaseMeasure) -> Result | None:
        """The stored result, if nothing has changed since, and it covers all checkpoints, or the last one of a large table."""
        from mechgrok.report.stored import Stored

        stored = Stored(self.run)
        wanted = self.run.steps if measure.cost == "cheap" else self.run.steps[-1:]
        kept = set(stored.steps(measure))
        complete = set(wanted) <= kept or (self.run.last_step in kept and has_large_table(self.run))
        return stored.result(measure) if wanted and complete and stored.stale(measure) is None else None

    def _computed(self, measure: BaseMeasure, steps: Sequence[int] | Literal["all", "last"]) -> Result:
        from mechgrok.engine.analyze import analyze
        from mechgrok.engine.outcomes import Failure, NotApplicable

        outcomes = analyze(self.run, [measure], steps=steps, nulls=0, tick=self.tick)
        outcome = outcomes[measure.label]
        if isinstance(outcome, NotApplicable):
            raise UserError(f"{measure.label} does not apply to {self.run.name}: {outcome.reason}")
        if isinstance(outcome, Failure):
            raise UserError(f"{measure.label} failed: {outcome.reason}; {analyzing(self.run, measure.label)} shows where")
        if not outcomes.stored:
            self.unstored.add(measure)
        return outcome


def distinct(panels: Sequence[Sequence[str]]) -> list[str]:
    """Of the names of each panel the first that no other panel has; the first of all where there is none."""
    count = Counter(name for names in panels for name in set(names))
    return [next((name for name in names if name and count[name] == 1), names[0]) for names in panels]


def _parted(source: Source) -> tuple[Drawable, str]:
    """The measure, and the letter of its panel; empty where none is named."""
    found = _LETTERED.fullmatch(source) if isinstance(source, str) else None
    name, letter = found.groups() if found else (source, "")
    return name if isinstance(name, go.Figure) else as_measure(name), letter
