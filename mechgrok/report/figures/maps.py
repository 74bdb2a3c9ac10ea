"""Figures of maps alone (heat maps of one checkpoint), and the maps of other checkpoints."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from mechgrok.measures.base.measure import Measure

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

    from mechgrok.engine.outcomes import Result

_STEP = re.compile("[Ss]tep [\\d\N{NARROW NO-BREAK SPACE}]+")


def shows_maps(result: Result) -> bool:
    """Whether the figure of a measure, one that is computed at the last checkpoint alone, consists of maps."""
    measure = result.measure
    alone = isinstance(measure, Measure) and measure.cost == "expensive"
    return alone and all(trace.type == "heatmap" for trace in result.figure().data)


def maps(result: Result, rows: pd.DataFrame) -> list[dict[str, ArrayLike]]:
    """The values of the maps at another checkpoint; none where its panels are of other heads or neurons than those of the last one."""
    drawn, shown = result.measure.plot(rows), result.figure()
    return [{"z": trace.z} for trace in drawn.data] if _titles(drawn) == _titles(shown) else []


def _titles(figure: go.Figure) -> list[str]:
    """The titles of the panels, without the step."""
    return [_STEP.sub("", note.text) for note in figure.layout.annotations]
