"""Curves: what is drawn is what the table says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mechgrok.plots.primitives import curves, trajectory_bands
from mechgrok.plots.theme import GREY


@pytest.fixture
def losses() -> pd.DataFrame:
    return pd.DataFrame(
        {"step": [0, 100, 200, 0, 100, 200], "split": ["train"] * 3 + ["test"] * 3, "loss": [4.7, 0.3, 1e-7, 4.8, 20.0, 0.01]}
    )


@pytest.fixture
def norms() -> pd.DataFrame:
    return pd.DataFrame([{"step": step, "frequency": k, "norm": k * step} for k in range(1, 11) for step in range(20)])


def test_each_group_is_a_named_line_with_the_tables_values(losses):
    figure = curves(losses, x="step", y="loss", color="split", log_y=True, title="Loss", x_title="step", y_title="loss (nats)")
    assert [trace.name for trace in figure.data] == ["train", "test"]
    for trace, (_, rows) in zip(figure.data, losses.groupby("split", sort=False), strict=True):
        assert list(trace.x) == list(rows.step)
        assert list(trace.y) == list(rows.loss)
        assert trace.showlegend
    assert figure.layout.yaxis.type == "log"
    assert figure.layout.xaxis.type is None
    assert (figure.layout.title.text, figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("Loss", "step", "loss (nats)")


def test_without_a_group_there_is_no_legend_and_columns_name_the_axes(losses):
    figure = curves(losses.rename(columns={"loss": "test_loss"}), x="step", y="test_loss")
    assert not figure.data[0].showlegend
    assert figure.layout.yaxis.title.text == "test loss"


def test_step_zero_is_drawn_on_a_logarithmic_axis(losses):
    trace = curves(losses, x="step", y="loss", color="split", log_x=True).data[0]
    assert list(trace.x) == [50, 100, 200]
    assert list(trace.y) == [4.7, 0.3, 1e-7]


def test_numbered_groups_are_named_in_words():
    table = pd.DataFrame({"p": [5, 7, 5, 7], "head": [0, 0, 1, 1], "share": [0.1, 0.2, 0.3, 0.4]})
    assert [trace.name for trace in curves(table, x="p", y="share", color="head").data] == ["head 0", "head 1"]


def test_highlighted_groups_are_coloured_and_on_top_of_the_grey_others(norms):
    figure = curves(norms, x="step", y="norm", color="frequency", highlight=np.array([3, 7]))
    assert [trace.name for trace in figure.data[-2:]] == ["frequency 3", "frequency 7"]
    assert [trace.y[-1] for trace in figure.data[-2:]] == [3 * 19, 7 * 19]
    assert {trace.line.color for trace in figure.data[:-2]} == {GREY}
    assert GREY not in {trace.line.color for trace in figure.data[-2:]}
    assert [trace.name for trace in figure.data if trace.showlegend] == ["others", "frequency 3", "frequency 7"]


def test_more_numbers_than_colours_become_a_colour_bar(norms):
    figure = curves(norms, x="step", y="norm", color="frequency")
    *lines, bar = figure.data
    assert len(lines) == 10
    assert len({line.line.color for line in lines}) == 10
    assert not any(trace.showlegend for trace in figure.data)
    assert list(bar.marker.color) == [1, 10]
    assert bar.marker.colorbar.title.text == "frequency"


def test_more_words_than_colours_differ_by_dash():
    runs = [f"run {letter}" for letter in "abcdefghi"]
    table = pd.DataFrame({"x": [0] * 9 + [1] * 9, "y": range(18), "run": runs * 2})
    looks = [(trace.line.color, trace.line.dash) for trace in curves(table, x="x", y="y", color="run").data]
    assert len(set(looks)) == 9


def test_bands_lie_under_their_lines_and_reach_from_low_to_high():
    table = pd.DataFrame({"step": [1, 2, 3], "mean": [2.0, 3.0, 4.0], "least": [1.0, 2.5, 3.0], "most": [5.0, 6.0, 7.0]})
    band, line = trajectory_bands(table, x="step", y="mean", low="least", high="most").data
    assert list(line.y) == [2, 3, 4]
    assert list(zip(band.x, band.y, strict=True)) == [(1, 5), (2, 6), (3, 7), (3, 3), (2, 2.5), (1, 1)]
    assert band.fillcolor == line.line.color


def test_one_place_is_a_numbered_bar_for_each_group():
    table = pd.DataFrame({"step": [3000] * 3, "split": ["all", "train", "test"], "loss": [0.25, 2e-6, np.nan]})
    (trace,) = curves(table, x="step", y="loss", color="split", log_y=True, y_title="loss (nats)").data
    assert (trace.type, list(trace.x), list(trace.y[:2])) == ("bar", ["all", "train", "test"], [0.25, 2e-6])
    assert list(trace.text[:2]) == ["0.25", "2×10<sup>−6</sup>"]


def test_a_missing_number_beside_known_ones_has_no_bar_and_is_named_as_missing():
    table = pd.DataFrame({"step": [3000] * 3, "split": ["all", "train", "test"], "loss": [0.25, 2e-6, np.nan]})
    figure = curves(table, x="step", y="loss", color="split")
    assert np.isnan(figure.data[0].y[2])
    assert [(note.x, note.text) for note in figure.layout.annotations] == [("test", "missing")]


def test_one_place_names_itself_and_one_number_has_a_linear_axis():
    figure = curves(pd.DataFrame({"step": [3000], "sharpness": [8e-10]}), x="step", y="sharpness", log_y=True)
    assert figure.layout.xaxis.title.text == "step 3\u2009000"
    assert figure.layout.yaxis.type is None


def test_many_numbers_at_one_place_become_a_spectrum():
    table = pd.DataFrame({"step": [5] * 20, "frequency": range(1, 21), "share": np.linspace(0, 1, 20)})
    figure = curves(table, x="step", y="share", color="frequency")
    assert list(figure.data[0].x) == list(range(1, 21))
    assert figure.layout.xaxis.title.text == "frequency, step 5"


@pytest.mark.parametrize("color", [None, "split"])
def test_a_single_missing_number_is_no_bar_but_the_word_missing(color):
    table = pd.DataFrame({"step": [0], "split": ["test"], "share": [np.nan]})
    figure = curves(table, x="step", y="share", color=color)
    assert not any(pd.notna(np.asarray(trace.y)).any() for trace in figure.data)
    assert [note.text for note in figure.layout.annotations] == ["missing"]
    assert figure.layout.yaxis.showticklabels is False


def test_without_rows_there_are_bare_axes_and_a_word(losses):
    figure = curves(losses[:0], x="step", y="loss", color="split", log_y=True, x_title="step", y_title="loss (nats)")
    assert [note.text for note in figure.layout.annotations] == ["none"]
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("step", "loss (nats)")
    assert (figure.layout.xaxis.showticklabels, figure.layout.yaxis.showticklabels) == (False, False)


def test_lines_of_missing_numbers_are_named_as_missing_but_one_known_number_is_shown(losses):
    unknown = losses.assign(loss=np.nan)
    assert [note.text for note in curves(unknown, x="step", y="loss", color="split").layout.annotations] == ["missing"]
    unknown.loc[4, "loss"] = 0.0
    assert not curves(unknown, x="step", y="loss", color="split").layout.annotations


@pytest.mark.parametrize("log_y", [False, True])
@pytest.mark.parametrize(("value", "ends"), [(0.702062, (0, 1.404124)), (-3.0, (-6, 0))])
def test_what_never_changes_is_drawn_between_round_numbers(value, ends, log_y):
    table = pd.DataFrame({"step": [0, 1, 2], "share": [value, value * (1 + 1e-14), value]})
    axis = curves(table, x="step", y="share", log_y=log_y and value > 0).layout.yaxis
    assert axis.range == pytest.approx(ends)
    assert axis.tickvals is None, "plotly chooses round ones"


def test_bands_at_one_place_are_bars_with_intervals():
    table = pd.DataFrame({"step": [9, 9], "part": ["a", "b"], "mean": [2.0, -3.0], "least": [1.0, -3.5], "most": [5.0, np.nan]})
    (trace,) = trajectory_bands(table, x="step", y="mean", low="least", high="most", color="part").data
    assert (trace.type, list(trace.x), list(trace.y), trace.text) == ("bar", ["a", "b"], [2, -3], None)
    np.testing.assert_array_equal(trace.error_y.array, [3, np.nan])
    np.testing.assert_array_equal(trace.error_y.arrayminus, [1, 0.5])


def test_a_level_mean_does_not_cut_off_its_band():
    table = pd.DataFrame({"step": [1, 2], "mean": [2.0, 2.0], "least": [-9.0, 1.0], "most": [3.0, 40.0]})
    assert trajectory_bands(table, x="step", y="mean", low="least", high="most").layout.yaxis.range is None
