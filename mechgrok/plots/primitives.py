"""The functions that draw a measure's figure: each takes a table or arrays and returns a `plotly.graph_objects.Figure`."""

from mechgrok.plots.bars import bars, histogram
from mechgrok.plots.fields import frequency_map, heatmap
from mechgrok.plots.intervals import intervals
from mechgrok.plots.lines import curves, trajectory_bands
from mechgrok.plots.marks import level
from mechgrok.plots.panels import panels
from mechgrok.plots.points import scatter

__all__ = ["bars", "curves", "frequency_map", "heatmap", "histogram", "intervals", "level", "panels", "scatter", "trajectory_bands"]
