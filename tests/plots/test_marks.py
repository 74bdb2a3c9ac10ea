"""Marked positions: named, in place, and legible."""

from __future__ import annotations

import math

import pandas as pd
from hypothesis import example, given
from hypothesis import strategies as st

from mechgrok.plots.marks import _flags, _rows
from mechgrok.plots.primitives import curves

TABLE = pd.DataFrame({"step": [0, 100, 40000], "loss": [4.0, 1.0, 0.1]})


def _named(figure):
    return {shape.label.text: shape.x0 for shape in figure.layout.shapes if shape.label.text}


def test_marks_stand_at_their_positions_with_their_names():
    marks = {"memorised": 1400, "cleaned up": 14000}
    assert _named(curves(TABLE, x="step", y="loss", marks=marks)) == marks


def test_a_mark_at_step_zero_stands_where_a_logarithmic_axis_shows_zero():
    assert _named(curves(TABLE, x="step", y="loss", log_x=True, marks={"start": 0, "end": 40000})) == {"start": 50, "end": 40000}


def test_what_was_never_reached_is_not_marked():
    figure = curves(TABLE, x="step", y="loss", marks={"grokked": None, "collapsed": math.nan})
    assert not figure.layout.shapes


def test_the_plot_keeps_its_size_when_flags_and_legend_are_added():
    def plot_height(figure):
        return figure.layout.height - figure.layout.margin.t - figure.layout.margin.b

    plain = curves(TABLE, x="step", y="loss")
    full = curves(TABLE.assign(split="train"), x="step", y="loss", color="split", marks={"a long name": 10000, "another": 10001})
    assert plot_height(plain) == plot_height(full)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.05, 0.4)), min_size=1, max_size=7))
@example([(0.6588583794223027, 0.375), (0.6588583794223027, 0.1393188234229314)])
def test_no_name_covers_another_nor_is_crossed_by_a_pole(named):
    flags = _flags(sorted(named))
    rows = _rows(flags)
    for one, row in zip(flags, rows, strict=True):
        for other, height in zip(flags, rows, strict=True):
            if one is other:
                continue
            touching = one.start < other.end and other.start < one.end
            assert not (touching and row == height)
            assert not (one.start < other.pole < one.end and height > row), "the pole of the higher flag crosses the name of the lower one"
