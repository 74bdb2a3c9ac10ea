"""Figures of lines as static SVG."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pandas as pd
import plotly.graph_objects as go

from mechgrok.plots.lines import curves
from mechgrok.plots.still.still import still
from mechgrok.plots.theme import canvas

SPACE = "{http://www.w3.org/2000/svg}"
TABLE = pd.DataFrame(
    [(step, split, step / 20 + place) for place, split in enumerate(["train", "test"]) for step in range(21)],
    columns=["step", "split", "loss"],
)


def drawn(figure: go.Figure) -> ElementTree.Element:
    svg = still(figure)
    assert svg is not None
    return ElementTree.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def lines(svg: ElementTree.Element, colour: str) -> list[list[tuple[float, float]]]:
    """The points of each path in a colour."""
    paths = [each.attrib["d"] for each in svg.iter(f"{SPACE}path") if each.attrib.get("stroke") == colour]
    return [[(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path)] for path in paths]


def test_a_line_runs_from_corner_to_corner() -> None:
    figure = canvas("").add_scatter(x=[0, 10], y=[0, 9], mode="lines", line={"color": "#0072B2"}).update_layout(yaxis={"range": [0, 9]})
    (line,) = lines(drawn(figure), "#0072B2")
    margin, layout = figure.layout.margin, figure.layout
    assert line == [(margin.l, layout.height - margin.b), (layout.width - margin.r, margin.t)]


def test_each_group_has_its_line_and_its_name() -> None:
    svg = drawn(curves(TABLE, x="step", y="loss", color="split"))
    names = [each.text for each in svg.iter(f"{SPACE}text")]
    assert {"train", "test", "step", "loss"} <= set(names)
    assert {len(line) for colour in ("#0072B2", "#D55E00") for line in lines(svg, colour)} >= {21}


def test_marks_have_their_names_above_the_axes() -> None:
    svg = drawn(curves(TABLE, x="step", y="loss", color="split", marks={"grokked": 12}))
    (name,) = [each for each in svg.iter(f"{SPACE}text") if each.text == "grokked"]
    figure = curves(TABLE, x="step", y="loss", color="split", marks={"grokked": 12})
    assert 0 < float(name.attrib["y"]) < figure.layout.margin.t


def test_a_figure_with_more_than_lines_has_none() -> None:
    assert still(canvas("").add_heatmap(z=[[1, 2], [3, 4]])) is None
    assert still(canvas("").add_scatter(x=[1, 2], y=[1, 2], mode="markers", marker={"color": [1, 2]})) is None
    assert still(canvas("").add_scatter(x=["a", "b"], y=[1, 2], mode="lines")) is None


def test_a_figure_with_parts_that_are_not_drawn_here_has_none() -> None:
    """A place on the paper, a size for each point, and a dash that no measure uses."""
    line = {"x": [0, 10], "y": [0, 9], "mode": "lines"}
    on_paper = canvas("").add_scatter(**line).add_annotation(text="here", xref="paper", yref="paper", x=0.5, y=0.5)
    sized = canvas("").add_scatter(**line | {"mode": "markers"}, marker={"size": [3, 4]})
    dashed = canvas("").add_scatter(**line, line={"dash": "longdash"})
    assert [still(each) for each in (on_paper, sized, dashed)] == [None, None, None]
