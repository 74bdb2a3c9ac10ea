"""Scatter plots."""

from __future__ import annotations

import pandas as pd

from mechgrok.plots.primitives import scatter

TABLE = pd.DataFrame({"u": [1.0, 0.0, -1.0], "v": [0.0, 1.0, 0.0], "token": [0, 1, 2], "kind": ["even", "odd", "even"]})


def test_numbers_colour_by_a_scale():
    figure = scatter(TABLE, x="u", y="v", color="token", equal_aspect=True, x_title="cos", y_title="sin")
    (trace,) = figure.data
    assert (list(trace.x), list(trace.y), list(trace.marker.color)) == ([1, 0, -1], [0, 1, 0], [0, 1, 2])
    assert trace.marker.colorbar.title.text == "token"
    assert figure.layout.yaxis.scaleanchor == "x"
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("cos", "sin")


def test_words_colour_by_group_and_labels_stand_by_their_points():
    even, odd = scatter(TABLE, x="u", y="v", color="kind", label="token").data
    assert (even.name, list(even.x), list(even.text)) == ("even", [1, -1], ["0", "2"])
    assert (odd.name, list(odd.x), list(odd.text)) == ("odd", [0], ["1"])
    assert even.marker.color != odd.marker.color
    assert even.mode == "markers+text"


def test_logarithmic_axes():
    layout = scatter(TABLE.assign(u=[1, 10, 100], v=[1, 10, 100]), x="u", y="v", log_x=True, log_y=True).layout
    assert (layout.xaxis.type, layout.yaxis.type) == ("log", "log")
