"""Numbers of several runs by group."""

from __future__ import annotations

import numpy as np
import pytest

from mechgrok.plots.spreads import Spread, spreads

NAN, INF = np.nan, np.inf
EARLY = Spread([200, 300, 400], [False] * 3, 300, NAN, NAN)
LATE = Spread([500, 900], [False, True], 500, NAN, NAN)


def by_name(figure) -> dict[str, list]:
    return {trace.name: list(trace.x) for trace in figure.data}


def test_censored_values_are_open_triangles_and_never_points() -> None:
    figure = spreads({"generalised": {"a": EARLY, "b": LATE}}, x_title="step")
    assert by_name(figure) == {"generalised": [200, 300, 400, 500], "generalised, not by then": [900], "median": [300, 500]}
    triangle = next(trace for trace in figure.data if "not by then" in trace.name)
    assert triangle.marker.symbol == "triangle-right-open"


def test_groups_are_rows_from_the_top() -> None:
    figure = spreads({"generalised": {"a": EARLY, "b": LATE}}, x_title="step")
    assert list(figure.layout.yaxis.ticktext) == ["a", "b"]
    assert list(figure.layout.yaxis.tickvals) == [0, -1]
    assert figure.data[0].y.tolist() == [0, 0, 0, -1]


def test_an_open_interval_reaches_beyond_all_values() -> None:
    open_end = Spread([200, 300, 900], [False, False, True], 300, 200, INF)
    figure = spreads({"generalised": {"a": open_end}}, x_title="step")
    low, high, gap = by_name(figure)["95 % interval"]
    assert (low, gap) == (200, None)
    assert high == pytest.approx(figure.layout.xaxis.range[1])
    assert high > 900


def test_a_median_beyond_all_values_is_not_drawn() -> None:
    figure = spreads({"generalised": {"a": Spread([900, 900], [True, True], INF, NAN, NAN)}}, x_title="step")
    assert by_name(figure) == {"generalised, not by then": [900, 900]}


def test_quantities_are_side_by_side_in_a_row() -> None:
    figure = spreads({"memorised": {"a": EARLY}, "generalised": {"a": LATE}}, log_x=True, x_title="step")
    heights = {trace.name: trace.y[0] for trace in figure.data if trace.name in ("memorised", "generalised")}
    assert heights == {"memorised": 0.25, "generalised": -0.25}
