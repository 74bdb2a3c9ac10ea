"""Bands of phases stand where the phases are, in every panel over steps and in no other."""

from __future__ import annotations

import pandas as pd
import pytest

from mechgrok.plots.phases import ROW, SHADES, is_over_steps, shade
from mechgrok.plots.primitives import curves, histogram, panels
from mechgrok.plots.theme import LEGEND_ROW

PHASES = {"memorisation": (0, 120), "circuit formation": (120, 700), "clean-up": (700, 900)}
TABLE = pd.DataFrame({"step": [0, 100, 1000], "loss": [4.0, 1.0, 0.1], "split": "test"})


def over_steps(**more: object):
    return curves(TABLE, x="step", y="loss", color="split", x_title="step", **more)


def bands(figure) -> dict[str, list[tuple[float, float, str]]]:
    found: dict[str, list[tuple[float, float, str]]] = {}
    for shape in figure.layout.shapes:
        found.setdefault(shape.xref, []).append((shape.x0, shape.x1, shape.fillcolor))
    return found


def test_every_panel_over_steps_has_each_band_behind_its_curves():
    figure = shade(panels([over_steps(), histogram([1.0, 2.0]), over_steps()], titles=["", "", ""]), PHASES)
    expected = [(start, end, colour) for (start, end), colour in zip(PHASES.values(), SHADES, strict=True)]
    assert bands(figure) == {"x": expected, "x3": expected}
    assert {shape.layer for shape in figure.layout.shapes} == {"below"}


def test_a_logarithmic_axis_begins_with_the_first_phase():
    figure = shade(over_steps(log_x=True), PHASES)
    assert bands(figure)["x"][0][0] == figure.layout.xaxis.tickvals[0] == 50
    assert figure.layout.xaxis.ticktext[0] == "0"


def test_the_names_are_a_row_below_all_else_and_add_no_point():
    before, figure = over_steps(), shade(over_steps(), PHASES)
    names = [trace for trace in figure.data if trace.legend == ROW]
    assert [trace.name for trace in names] == list(PHASES)
    assert {trace.x[0] for trace in names} == {None}
    plot = before.layout.height - before.layout.margin.t - before.layout.margin.b
    assert figure.layout[ROW].y * plot == pytest.approx(-before.layout.margin.b)
    added = figure.layout.height - before.layout.height
    assert added == figure.layout.margin.b - before.layout.margin.b
    assert added % LEGEND_ROW == 0
    assert added > 0


def test_where_nothing_is_over_steps_nothing_is_shaded():
    figure = histogram([1.0, 2.0])
    assert not is_over_steps(figure)
    assert shade(figure, PHASES) == histogram([1.0, 2.0])
    assert shade(over_steps(), {}) == over_steps()
