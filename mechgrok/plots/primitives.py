"""The functions that draw a measure's figure: each takes a table or arrays and returns a `plotly.graph_objects.Figure`."""

from mechgrok.plots.bars import bars, histogram
from mechgrok.plots.ensembles import ensembles
from mechgrok.plots.fields import frequency_map, heatmap
from mechgrok.plots.intervals import intervals
from mechgrok.plots.lines import curves, trajectory_bands
from mechgrok.plots.marks import level
from mechgrok.plots.panels import panels
from mechgrok.plots.points import scatter
from mechgrok.plots.spreads import spreads

__all__ = [
    "bars",
    "curves",
    "ensembles",
    "frequency_map",
    "heatmap",
    "histogram",
    "intervals",
    "level",
    "panels",
    "scatter",
    "spreads",
    "trajectory_bands",
]
