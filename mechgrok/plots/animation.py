"""Figures with a frame for each checkpoint: panels of one checkpoint change, and curves over steps are veiled behind the checkpoint."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from mechgrok.plots.phases import axes_over_steps
from mechgrok.plots.theme import ACCENT, grow

VEIL = 0.75
"""Opacity of the veil over what comes after the checkpoint."""
GAP, CONTROLS, BUTTONS = 8, 96, 135
"""Pixels above the controls, for them, and for the buttons beside the slider."""
PAUSE = 150
"""Milliseconds of a frame."""
ARRAYS = ("x", "y", "z")
ROOM = 1.05
"""The fixed range of y, in largest values."""
_STEP = re.compile("Step [\\d\N{NARROW NO-BREAK SPACE}]+")


@dataclass(frozen=True)
class Moving:
    """The traces of a panel of one checkpoint at all of them."""

    first: int
    """The number of the first of them among the traces of the figure."""
    steps: Sequence[int]
    arrays: Sequence[Sequence[Mapping[str, Sequence[Any]]]]
    """Of each step and trace the arrays "x" and "y", or "z" of a map."""

    def at(self, step: int) -> int:
        """The number of the last of its steps up to this one, or of the first."""
        return max(0, bisect.bisect_right(self.steps, step) - 1)


def animate(figure: go.Figure, steps: Sequence[int], moving: Sequence[Moving]) -> go.Figure:
    """The figure, changed in place, with a frame for each step, all on the same axes; without frames where all would be the same."""
    if len(steps) < 2 or not (moving or any(axes_over_steps(figure))):
        return figure
    for each in moving:
        _fix_axes(figure, each)
        _fix_colours(figure, each)
    figure.frames = [_frame(figure, step, steps, moving) for step in steps]
    return figure


def stills(figure: go.Figure) -> Iterator[go.Figure]:
    """The figure as it is in each of its frames."""
    for frame in figure.frames:
        still = go.Figure(figure.data, figure.layout)
        for place, trace in zip(frame.traces or (), frame.data or (), strict=True):
            still.data[place].update({key: trace[key] for key in ARRAYS if key in trace and trace[key] is not None})
        yield still.update_layout(frame.layout.to_plotly_json(), overwrite=True)


def _fix_axes(figure: go.Figure, moving: Moving) -> None:
    """The range from 0, or where the axis begins, to the largest value of all steps; the same for x where it moves and is a number."""
    trace = figure.data[moving.first]
    for letter in "xy":
        axis = figure.layout[f"{letter}axis{(trace[f'{letter}axis'] or letter)[1:]}"]
        ends = _ends([arrays[letter] for frame in moving.arrays for arrays in frame if letter in arrays])
        if ends and (letter == "y" or ends[0] < 0):
            lowest = ends[0] if ends[0] < 0 else (axis.range or [0])[0]
            axis.range = [ROOM * lowest if ends[0] < 0 else lowest, ROOM * ends[1]]


def _fix_colours(figure: go.Figure, moving: Moving) -> None:
    """One range of colours for a map at all steps, as far below 0 as above where it is so at the last."""
    for index in range(len(moving.arrays[-1])):
        trace = figure.data[moving.first + index]
        ends = _ends([row for frame in moving.arrays for row in frame[index].get("z", ())])
        if ends:
            low, high = ends
            is_centred = trace.zmin is not None and trace.zmin == -trace.zmax
            trace.update(zmin=-max(-low, high), zmax=max(-low, high)) if is_centred else trace.update(zmin=low, zmax=high)


def _ends(arrays: Sequence[Sequence[Any]]) -> tuple[float, float] | None:
    values = [value for array in arrays for value in array if isinstance(value, int | float) and np.isfinite(value)]
    return (min(values), max(values)) if values else None


def _frame(figure: go.Figure, step: int, steps: Sequence[int], moving: Sequence[Moving]) -> go.Frame:
    places: list[int] = []
    traces, layout = [], figure.layout.to_plotly_json()
    notes = layout.get("annotations", [])
    for each in moving:
        index = each.at(step)
        places += range(each.first, each.first + len(each.arrays[index]))
        traces += [type(figure.data[each.first + i])(arrays) for i, arrays in enumerate(each.arrays[index])]
        notes = [_dated(note, each.steps[index]) | _shown(note, figure.data[each.first], index == len(each.steps) - 1) for note in notes]
    shapes = [*layout.get("shapes", []), *_marks(figure, step, steps)]
    title = _dated(layout.get("title", {}), moving[0].steps[moving[0].at(step)]) if moving else layout.get("title", {})
    return go.Frame(name=str(step), data=traces, traces=places, layout={"annotations": notes, "shapes": shapes, "title": title})


def _dated(note: Mapping[str, Any], step: int) -> dict[str, Any]:
    """A title or note with this step instead of that of the figure."""
    spoken = f"{step:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return dict(note) | ({"text": _STEP.sub(f"Step {spoken}", note["text"])} if note.get("text") else {})


def _shown(note: Mapping[str, Any], trace: Any, is_last: bool) -> dict[str, bool]:
    """A note at a point of the panel, which moves, is shown in the last frame alone. It stays in the list: plotly joins lists by place."""
    at_point = (note.get("xref", "x"), note.get("yref", "y")) == (trace.xaxis or "x", trace.yaxis or "y")
    return {"visible": is_last} if at_point else {}


def _marks(figure: go.Figure, step: int, steps: Sequence[int]) -> Iterator[dict[str, Any]]:
    """A veil behind the step and a line at it, in each panel over steps."""
    for number, axis in axes_over_steps(figure):
        start = float(axis.tickvals[0]) if axis.type == "log" and step == 0 and axis.tickvals else step
        where = {"xref": f"x{number}", "yref": f"y{number} domain", "x0": start, "y0": 0, "y1": 1}
        yield {"type": "rect", "x1": _end(figure, number, steps), "fillcolor": "white", "opacity": VEIL, "line": {"width": 0}, **where}
        yield {"type": "line", "x1": start, "line": {"color": ACCENT, "width": 2}, **where}


def _end(figure: go.Figure, number: str, steps: Sequence[int]) -> float:
    """Where a panel ends: at the last step, or with the field of a map around it."""
    has_fields = any(trace.type == "heatmap" and (trace.xaxis or "x") == f"x{number}" for trace in figure.data)
    return steps[-1] + (steps[-1] - steps[-2]) / 2 if has_fields else steps[-1]


def with_controls(figure: go.Figure) -> go.Figure:
    """A copy with a button that plays its frames and a slider over them, below all else."""
    copy = go.Figure(figure)
    margin, height = copy.layout.margin, copy.layout.height
    top = -(margin.b + GAP) / (height - margin.t - margin.b)
    at_once = {"mode": "immediate", "frame": {"duration": 0, "redraw": True}, "transition": {"duration": 0}}
    playing = at_once | {"fromcurrent": True, "frame": {"duration": PAUSE, "redraw": True}}
    buttons = [
        {"label": label, "method": "animate", "args": [frames, settings]}
        for label, frames, settings in (("Play", None, playing), ("Pause", [None], at_once))
    ]
    steps = [{"label": frame.name, "method": "animate", "args": [[frame.name], at_once]} for frame in copy.frames]
    place = {"y": top, "yanchor": "top", "xanchor": "left"}
    begin = min(0.5, BUTTONS / (copy.layout.width - margin.l - margin.r))
    slider = {
        "active": len(steps) - 1,
        "currentvalue": {"prefix": "step "},
        "steps": steps,
        "x": begin,
        "len": 1 - begin,
        "ticklen": 0,
        **place,
    }
    menu = {"type": "buttons", "direction": "left", "showactive": False, "buttons": buttons, "x": 0, "pad": {"t": 20}, **place}
    grow(copy.update_layout(sliders=[slider], updatemenus=[menu]), bottom=CONTROLS)
    return copy
