"""The look is ours alone: nothing global changes, nothing heavy is imported."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import plotly.io

from mechgrok.plots.primitives import curves
from mechgrok.plots.theme import COLOURS, template

IMPORTS = """
import sys, plotly.io
before = plotly.io.templates.default, set(plotly.io.templates)
import mechgrok.plots.primitives, mechgrok.plots.files.export
assert (plotly.io.templates.default, set(plotly.io.templates)) == before
heavy = {"torch", "transformer_lens", "kaleido"} & set(sys.modules)
assert not heavy, heavy
"""


def test_figures_carry_the_theme_and_plotlys_default_stays():
    default = plotly.io.templates.default
    figure = curves(pd.DataFrame({"x": [1], "y": [2]}), x="x", y="y")
    assert figure.layout.template == template()
    assert plotly.io.templates.default == default
    assert plotly.io.templates[default].layout.colorway != COLOURS


def test_ground_is_white_and_text_needs_no_mathjax():
    layout = template().layout
    assert (layout.paper_bgcolor, layout.plot_bgcolor) == ("white", "white")
    assert "$" not in template().to_plotly_json().__repr__()


def test_colours_are_distinct_from_each_other_and_from_the_ground():
    def luminance(colour):
        red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    assert len(set(COLOURS)) == len(COLOURS)
    assert max(map(luminance, COLOURS)) < 0.75


def test_importing_changes_no_template_and_loads_neither_torch_nor_a_browser():
    done = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
