"""Panels keep what each figure shows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mechgrok.plots.primitives import bars, curves, heatmap, histogram, level, panels

LOSSES = pd.DataFrame({"step": [1, 10, 1, 10], "split": ["train", "train", "test", "test"], "loss": [4.0, 1.0, 4.1, 2.0]})
LOSS = curves(LOSSES, x="step", y="loss", color="split", log_x=True, marks={"grokked": 10}, y_title="loss (nats)")
ACCURACY = curves(LOSSES, x="step", y="loss", color="split", y_title="accuracy")
MATRIX = heatmap(np.eye(3), value_title="weight")
SPECTRUM = bars(pd.DataFrame({"k": [1, 2], "power": [1.0, 2.0], "part": ["cosine", "sine"]}), x="k", y="power", color="part", highlight=[2])


def test_traces_axes_marks_and_labels_move_to_their_panel():
    figure = panels([MATRIX, LOSS, SPECTRUM], titles=["Matrix", "Loss", "Spectrum"])
    assert [(trace.xaxis, trace.yaxis) for trace in figure.data] == [("x", "y"), *[("x2", "y2")] * 2, *[("x3", "y3")] * 2]
    assert list(figure.data[2].y) == [4.1, 2.0]
    assert figure.layout.xaxis2.type == "log"
    assert figure.layout.yaxis2.title.text == "loss (nats)"
    assert figure.layout.yaxis.scaleanchor == "x"
    assert {(shape.xref, shape.yref, shape.x0) for shape in figure.layout.shapes} == {("x2", "y2 domain", 10)}
    assert [(note.xref, note.x) for note in figure.layout.annotations if note.text == "2"] == [("x3", 2)]


def test_panels_are_lettered_and_do_not_overlap():
    figure = panels([LOSS, ACCURACY, MATRIX, MATRIX], titles=["One", "Two", "Three", "Four"], columns=2, title="All")
    assert [note.text for note in figure.layout.annotations] == ["<b>a</b>  One", "<b>b</b>  Two", "<b>c</b>  Three", "<b>d</b>  Four"]
    assert figure.layout.title.text == "All"
    layout = figure.layout
    assert layout.xaxis.domain == layout.xaxis3.domain
    assert layout.yaxis.domain == layout.yaxis2.domain
    assert layout.xaxis.domain[1] < layout.xaxis2.domain[0]
    assert layout.yaxis3.domain[1] < layout.yaxis.domain[0]


def test_equal_groups_are_named_once():
    figure = panels([LOSS, MATRIX, ACCURACY], titles=["", "", ""])
    assert [(trace.name, trace.xaxis) for trace in figure.data if trace.showlegend] == [("train", "x"), ("test", "x")]


def test_different_groups_have_a_legend_each():
    figure = panels([LOSS, SPECTRUM], titles=["", ""])
    assert [(trace.name, trace.legend) for trace in figure.data] == [
        ("train", "legend"),
        ("test", "legend"),
        ("cosine", "legend2"),
        ("sine", "legend2"),
    ]
    assert figure.layout.legend2.x == figure.layout.xaxis2.domain[0]


def test_a_long_legend_of_its_own_stands_below_its_panel_in_rows():
    variants = ["2-D", "2-D uncorrected", "cube", "row-wise"]
    long = curves(pd.DataFrame([{"step": s, "of": v, "loss": s} for s in (1, 2) for v in variants]), x="step", y="loss", color="of")
    few, many = panels([LOSS, SPECTRUM], titles=["", ""]).layout, panels([LOSS, long], titles=["", ""])
    rows = [many.layout[trace.legend] for trace in many.data[2:]]
    assert [trace.legend for trace in many.data[2:]] == ["legend2", "legend2", "legend4", "legend4"]
    assert {row.x for row in rows} == {many.layout.xaxis2.domain[0]}
    assert 0 > rows[0].y > rows[2].y
    assert many.layout.margin.b - few.margin.b == 24, "room for the second row"


def test_names_that_do_not_fit_side_by_side_stand_upright_above_title_and_legend():
    groups = ["embed", "positions", "attention", "norms", "unembed", "all"]
    named = bars(pd.DataFrame({"group": groups * 2, "v": 1.0, "part": ["a"] * 6 + ["b"] * 6}), x="group", y="v", color="part")
    short, long = panels([SPECTRUM, SPECTRUM], titles=["", ""]).layout, panels([SPECTRUM, named], titles=["", ""]).layout
    assert (long.xaxis.tickangle, long.xaxis2.tickangle) == (None, -90)
    assert named.layout.xaxis.tickangle is None, "they fit in a figure of its own"
    room = long.margin.b - short.margin.b
    assert 30 < room < 80, "of nine letters less a row"
    assert long.legend.y * 210 == pytest.approx(-50 - room)


def test_colour_bars_stand_beside_their_panels():
    figure = panels([MATRIX, MATRIX], titles=["", ""])
    for trace, axis, following in zip(
        figure.data, (figure.layout.xaxis, figure.layout.xaxis2), (figure.layout.xaxis2.domain[0], 2), strict=True
    ):
        assert axis.domain[1] < trace.colorbar.x < following


def test_histograms_of_different_panels_bin_apart():
    figure = panels([histogram([1.0, 2.0]), histogram([100.0, 900.0])], titles=["", ""])
    assert figure.data[0].bingroup != figure.data[1].bingroup


def test_the_given_figures_are_left_alone():
    before = LOSS.to_json()
    panels([MATRIX, LOSS], titles=["", ""])
    assert LOSS.to_json() == before


def test_titles_must_match_and_panels_do_not_nest():
    with pytest.raises(ValueError, match="title"):
        panels([LOSS], titles=["a", "b"])
    with pytest.raises(ValueError, match="panel"):
        panels([panels([LOSS, LOSS], titles=["", ""])], titles=[""])


def test_a_shared_legend_stands_below_the_only_panel_with_names():
    figure = panels([ACCURACY, MATRIX, MATRIX], titles=["", "", ""])
    assert figure.layout.legend.x == 0
    figure = panels([MATRIX, ACCURACY, MATRIX], titles=["", "", ""])
    assert figure.layout.legend.x == pytest.approx(figure.layout.xaxis2.domain[0])


def test_a_legend_of_another_row_than_the_last_stays_on_the_left():
    assert panels([MATRIX, ACCURACY, MATRIX, MATRIX], titles=[""] * 4, columns=2).layout.legend.x == 0


def test_a_long_legend_gets_the_rows_that_it_needs():
    many = pd.DataFrame([{"step": step, "name": f"a rather long name {i}", "loss": i} for step in (1, 2) for i in range(6)])
    few, long = (curves(table, x="step", y="loss", color="name") for table in (many[many["loss"] < 2], many))
    heights = [panels([figure, MATRIX], titles=["", ""]).layout for figure in (few, long)]
    assert heights[1].margin.b - heights[0].margin.b >= 20
    assert heights[1].height - heights[0].height == heights[1].margin.b - heights[0].margin.b


def test_a_panel_without_rows_keeps_its_place():
    figure = panels([MATRIX, curves(LOSSES[:0], x="step", y="loss", color="split")], titles=["Matrix", "Loss"])
    assert figure.data[-1].xaxis == "x2", "plotly draws the axes of traces alone"
    assert [(note.text, note.xref) for note in figure.layout.annotations][1:] == [("none", "x2 domain"), ("<b>b</b>  Loss", "x2 domain")]


def test_a_level_within_a_panel_takes_no_room_above_it():
    plain = panels([ACCURACY, MATRIX], titles=["", ""])
    crossed = panels([level(curves(LOSSES, x="step", y="loss", color="split"), 0.5), MATRIX], titles=["", ""])
    assert (crossed.layout.height, crossed.layout.margin.t) == (plain.layout.height, plain.layout.margin.t)


def test_one_quantity_has_one_range_and_one_zero_on_request():
    up, down = (bars(pd.DataFrame({"k": [1, 2], "change": change}), x="k", y="change") for change in ([0.0, 0.2], [-4.0, 0.0]))
    apart, same = (panels([up, down], titles=["", ""], same_y=same).layout for same in (False, True))
    assert (apart.yaxis.zeroline, apart.yaxis2.zeroline, apart.yaxis2.matches) == (None, True, None)
    assert (same.yaxis.zeroline, same.yaxis2.zeroline, same.yaxis.matches, same.yaxis2.matches) == (True, True, None, "y")
