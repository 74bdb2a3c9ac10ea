"""Bars and histograms: values as given, highlighted ones labelled."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from mechgrok.plots.primitives import bars, histogram
from mechgrok.plots.theme import ACCENT, GREY

SPECTRUM = pd.DataFrame({"frequency": range(1, 57), "power": [2.0 if k in (14, 35, 36) else 0.01 * k for k in range(1, 57)]})


def test_bars_show_the_tables_values_and_accent_the_highlighted():
    figure = bars(SPECTRUM, x="frequency", y="power", highlight=[14, 35], x_title="frequency k", y_title="norm²")
    (trace,) = figure.data
    assert list(trace.x) == list(SPECTRUM.frequency)
    assert list(trace.y) == list(SPECTRUM.power)
    assert [k for k, colour in zip(trace.x, trace.marker.color, strict=True) if colour == ACCENT] == [14, 35]
    assert set(trace.marker.color) == {ACCENT, GREY}
    assert [(note.text, note.x, note.y) for note in figure.layout.annotations] == [("14", 14, 2.0), ("35", 35, 2.0)]


def test_a_series_of_highlights_counts_by_value_not_by_index():
    figure = bars(SPECTRUM, x="frequency", y="power", highlight=pd.Series([14, 35], index=[2, 3]))
    assert [note.text for note in figure.layout.annotations] == ["14", "35"]


def test_neighbouring_labels_do_not_touch():
    notes = bars(SPECTRUM, x="frequency", y="power", highlight=[35, 36]).layout.annotations
    assert abs(notes[0].yshift - notes[1].yshift) >= 11


@pytest.mark.parametrize(("count", "labels"), [(10, 10), (11, 0)])
def test_many_highlights_are_bright_without_labels(count: int, labels: int):
    table = pd.DataFrame({"frequency": range(1, 24), "power": 1.0})
    figure = bars(table, x="frequency", y="power", highlight=list(range(1, count + 1)))
    assert len(figure.layout.annotations) == labels
    assert len(set(figure.data[0].marker.color)) == 2


def test_without_highlight_nothing_fades():
    figure = bars(SPECTRUM, x="frequency", y="power")
    assert isinstance(figure.data[0].marker.color, str)
    assert not figure.layout.annotations


def test_groups_stand_side_by_side_and_label_the_higher_bar():
    table = pd.DataFrame({"frequency": [1, 2, 1, 2], "part": ["cosine", "cosine", "sine", "sine"], "power": [1.0, 5.0, 3.0, 4.0]})
    figure = bars(table, x="frequency", y="power", color="part", highlight=[2])
    assert {trace.name: list(trace.y) for trace in figure.data} == {"cosine": [1, 5], "sine": [3, 4]}
    assert figure.layout.template.layout.barmode == "group"
    assert [note.y for note in figure.layout.annotations] == [5]
    assert all(trace.marker.opacity[1] == 1 > trace.marker.opacity[0] for trace in figure.data)


def test_labels_follow_the_bars_on_a_logarithmic_axis():
    figure = bars(SPECTRUM, x="frequency", y="power", highlight=[14], log_y=True)
    assert figure.layout.yaxis.type == "log"
    assert figure.layout.annotations[0].y == pytest.approx(math.log10(2.0))


def test_histogram_holds_the_sample():
    sample = np.random.default_rng(0).random((4, 25))
    figure = histogram(sample, bins=20, x_title="variance explained", y_title="neurons", marks={"threshold": 0.85})
    assert sorted(figure.data[0].x) == sorted(sample.ravel())
    assert figure.data[0].nbinsx == 20
    assert figure.layout.shapes[0].x0 == 0.85
    assert figure.layout.yaxis.title.text == "neurons"


def test_named_samples_share_bins_and_place():
    one, other = histogram({"trained": [1.0, 2.0], "at step 0": [0.0]}, log_y=True).data
    assert (one.name, other.name) == ("trained", "at step 0")
    assert one.bingroup == other.bingroup
    assert one.offsetgroup == other.offsetgroup
    assert other.marker.opacity < 1


def test_labels_of_neighbours_stand_above_the_higher_bar():
    table = pd.DataFrame({"frequency": range(1, 57), "power": [{41: 1.0, 42: 5.0, 14: 3.0}.get(k, 0.0) for k in range(1, 57)]})
    notes = {note.text: note.y for note in bars(table, x="frequency", y="power", highlight=[14, 41, 42]).layout.annotations}
    assert notes == {"14": 3.0, "41": 5.0, "42": 5.0}


def test_every_word_is_written_below_its_bar():
    figure = bars(pd.DataFrame({"name": list("abcdefgh"), "loss": range(8)}), x="name", y="loss")
    assert figure.layout.xaxis.dtick == 1
    assert bars(SPECTRUM, x="frequency", y="power").layout.xaxis.dtick is None


def test_a_line_marks_zero_only_where_bars_hang_down():
    signed = SPECTRUM.assign(power=SPECTRUM["power"] - 1)
    assert bars(signed, x="frequency", y="power").layout.yaxis.zeroline
    assert not bars(SPECTRUM, x="frequency", y="power").layout.yaxis.zeroline


def test_equal_bars_have_more_than_one_tick():
    assert bars(pd.DataFrame({"name": ["a", "b"], "loss": [2.0, 2.0]}), x="name", y="loss").layout.yaxis.tickvals is None


def test_numbers_are_written_above_the_bars_in_three_digits():
    table = pd.DataFrame({"name": ["a", "b"], "value": [49.3776, 1234567.0]})
    assert list(bars(table, x="name", y="value", numbers=True).data[0].text) == ["49.4", "1.23×10<sup>6</sup>"]


def test_intervals_reach_from_low_to_high_in_every_group():
    table = pd.DataFrame(
        {"name": ["a", "b"] * 2, "of": ["x", "x", "y", "y"], "v": [1.0, 2, 3, 4], "l": [0.5, 1, -1, 4], "h": [1.0, 5, 3.5, 4]}
    )
    figure = bars(table, x="name", y="v", color="of", low="l", high="h")
    assert [list(trace.error_y.array) for trace in figure.data] == [[0, 3], [0.5, 0]]
    assert [list(trace.error_y.arrayminus) for trace in figure.data] == [[0.5, 1], [4, 0]]
    assert not any(trace.error_y.symmetric for trace in figure.data)
    assert figure.layout.yaxis.zeroline, "an interval hangs down"


def test_a_legend_leaves_room_for_names_that_stand_upright():
    table = pd.DataFrame({"name": [f"a long name {i}" for i in range(6)], "part": list("ababab"), "v": 1.0})
    short, long = (bars(each, x="name", y="v", color="part").layout for each in (table.assign(name=list("abcdef")), table))
    assert (short.xaxis.tickangle, long.xaxis.tickangle) == (None, -90)
    assert long.height - short.height == long.margin.b - short.margin.b > 50
    assert (short.legend.y - long.legend.y) * 230 == pytest.approx(long.height - short.height)
