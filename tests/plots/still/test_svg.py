"""Elements of SVG."""

from __future__ import annotations

import numpy as np

from mechgrok.plots.still.svg import dashes, path, text


def test_a_line_has_a_gap_where_a_point_is_missing() -> None:
    assert path(np.array([0, 1, np.nan, 3, 4.04]), np.array([0, 1, 2, 3, 4])) == "M0 0L1 1M3 3L4 4"


def test_points_of_one_pixel_are_one_point() -> None:
    assert path(np.array([0, 0.01, 0.02, 5]), np.zeros(4)) == "M0 0L5 0"


def test_our_tags_are_read_and_others_shown() -> None:
    found = text("10<sup>\u22127</sup> <script>&lt;b&gt;", 0, 0)
    assert '10<tspan font-size="70%" dy="-0.6em">\u22127</tspan>' in found
    assert "&lt;script&gt;&lt;b&gt;" in found
    assert "<script>" not in found


def test_dashes_are_those_of_the_figure() -> None:
    assert dashes("5px,3px", 1.8) == {"stroke_dasharray": "5 3"}
    assert dashes("dash", 2) == {"stroke_dasharray": "6 6"}
    assert dashes("solid", 2) == {}
