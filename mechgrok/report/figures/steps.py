"""The steps of the slider on a page whose figures show curves over training, and no panel of one checkpoint."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import plotly.graph_objects as go

from mechgrok.plots.phases import axes_over_steps
from mechgrok.plots.still.scales import plain
from mechgrok.report.figures.frames import thinned


def steps_of(figures: Iterable[go.Figure]) -> list[int]:
    """The whole steps at which curves have a point, ascending; of more than 50, 50 evenly with the first and the last."""
    found = [plain(trace.x) for figure in figures for trace in _over_steps(figure)]
    steps = np.unique(np.concatenate([np.empty(0), *found]))
    return thinned(steps[steps == np.floor(steps)].tolist())


def _over_steps(figure: go.Figure) -> Iterable[go.Scatter]:
    axes = {f"x{number}" for number, _ in axes_over_steps(figure)}
    return (trace for trace in figure.data if trace.type == "scatter" and (trace.xaxis or "x") in axes)
