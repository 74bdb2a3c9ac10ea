"""The panel of one checkpoint at all checkpoints, for the slider of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mechgrok.measures.base.measure import Measure
from mechgrok.report.figures.maps import maps, shows_maps

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from mechgrok.engine.outcomes import Result

MOST = 50
"""Checkpoints on the slider."""
VALUES = 200_000
"""Values of all maps of a figure; they are about a megabyte of the page."""
DIGITS = 4
"""Significant digits of a value in a frame."""

Frames = dict[str, list[Any]]


def frames(result: Result) -> Frames:
    """The steps, and of each the arrays of the traces of the figure's panel of one checkpoint; empty where it has none.

    An array that is the same at all steps is given at the last one alone. Of more than 50 checkpoints, 50 are taken evenly with the last.
    """
    if not isinstance(result.measure, Measure):
        return {}
    by_step = dict(list(result.table.groupby("step")))
    if len(by_step) < 2:
        return {}
    has_maps = shows_maps(result)
    chosen = thinned(sorted(by_step), max(2, VALUES * len(by_step) // len(result.table)) if has_maps else MOST)
    drawn = [maps(result, by_step[step]) if has_maps else result.measure.frame(by_step[step]) for step in chosen]
    found = [[_plain(trace) for trace in traces] for traces in drawn]
    return {"steps": chosen, "traces": _without_repeats(found)} if all(found) else {}


def thinned(steps: Sequence[Any], most: int = MOST) -> list[int]:
    """The steps, or 50 of more of them, or another number that is smaller, evenly with the first and the last."""
    places = np.unique(np.linspace(0, len(steps) - 1, min(most, MOST, len(steps))).round().astype(int))
    return [int(steps[place]) for place in places]


def completed(found: Frames) -> list[list[dict[str, list[Any]]]]:
    """The arrays of all traces at each step, with those that are given at the last one alone."""
    return [[latest | trace for latest, trace in zip(found["traces"][-1], frame, strict=False)] for frame in found["traces"]]


def _plain(trace: Mapping[str, ArrayLike]) -> dict[str, list[Any]]:
    return {key: [_rounded(value) for value in np.asarray(values).tolist()] for key, values in trace.items()}


def _rounded(value: Any) -> Any:
    """JSON has no number for what is not finite; plotly leaves a gap there. A row of a map is a list."""
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None
    return value


def _without_repeats(found: list[list[dict[str, list[Any]]]]) -> list[list[dict[str, list[Any]]]]:
    constant = {
        (index, key)
        for index, trace in enumerate(found[-1])
        for key in trace
        if all(len(frame) > index and frame[index].get(key) == trace[key] for frame in found)
    }
    for frame in found[:-1]:
        for index, trace in enumerate(frame):
            for key in [key for key in trace if (index, key) in constant]:
                del trace[key]
    return found
