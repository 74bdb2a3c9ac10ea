"""Axes of static figures: the range and ticks that plotly.js gives the same data (read from its 4.1.1 in Chromium)."""

from __future__ import annotations

import base64
import math

import numpy as np
import plotly.graph_objects as go
import pytest

from mechgrok.plots.still.scales import axes, plain
from mechgrok.plots.theme import canvas


def figure_of(x: list[float], y: list[float], mode: str = "lines", **layout: object) -> go.Figure:
    return canvas("").add_scatter(x=x, y=y, mode=mode).update_layout(layout)


def test_lines_reach_the_ends_of_x_and_leave_a_twentieth_of_y_free() -> None:
    found = axes(figure_of([0, 15_000], [0.0, 9.0]))
    assert (found["x"].low, found["x"].high) == (0, 15_000)
    assert (found["y"].low, found["y"].high) == (-0.5, 9.5)


def test_ticks_stand_at_1_2_or_5_times_a_power_of_ten() -> None:
    found = axes(figure_of([0, 15_000], [0.0, 9.0]))
    assert found["x"].ticks == {0: "0", 5_000: "5\u2009000", 10_000: "10\u2009000", 15_000: "15\u2009000"}
    assert list(found["y"].ticks) == [0, 2, 4, 6, 8]


def test_a_logarithmic_axis_is_as_long_as_its_powers_of_ten() -> None:
    axis = axes(figure_of([0, 1], [1e-9, 1.0], yaxis={"type": "log"}))["y"]
    assert (axis.low, axis.high) == pytest.approx((-9.5, 0.5))
    pixels = axis.at([1e-8, 1e-7, 1e-6])
    assert pixels[0] - pixels[1] == pytest.approx(pixels[1] - pixels[2])
    assert pixels[0] > pixels[1]


def test_a_logarithmic_axis_within_few_powers_of_ten_has_ticks_between_them() -> None:
    for values, expected in (([1.5, 8.0], [2, 5]), ([0.3, 4.0], [0.5, 1, 2]), ([1.0, 100.0], [1, 10, 100])):
        axis = axes(figure_of([0, 1], values, yaxis={"type": "log", "range": [math.log10(each) for each in values]}))["y"]
        assert list(axis.ticks) == pytest.approx(expected)


def test_what_is_not_positive_or_absent_has_no_place_on_a_logarithmic_axis() -> None:
    axis = axes(figure_of([1, 100], [0, 1], xaxis={"type": "log"}))["x"]
    assert axis.at([0, None, 10]).tolist()[2] == pytest.approx((axis.start + axis.end) / 2)
    assert not any(value == value for value in axis.at([0, None, -1]))


def test_an_axis_of_names_is_refused() -> None:
    with pytest.raises(ValueError, match="convert"):
        axes(canvas("").add_scatter(x=["a", "b"], y=[1, 2], mode="lines"))


def test_a_panel_lies_where_its_domain_says() -> None:
    figure = figure_of([0, 1], [0, 1], width=700, margin={"l": 60, "r": 40}, xaxis={"domain": [0.5, 1.0]})
    assert (axes(figure)["x"].start, axes(figure)["x"].end) == (360, 660)


def test_arrays_are_read_from_their_code_as_well() -> None:
    figure = figure_of([0, 10], [0.0, 9.0])
    assert axes(go.Figure(figure.to_plotly_json()))["y"] == axes(figure)["y"]
    coded = {"dtype": "i2", "bdata": base64.b64encode(np.array([7, 9], dtype="<i2").tobytes()).decode()}
    assert plain(coded).tolist() == [7, 9]
