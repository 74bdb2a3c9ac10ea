"""Comparisons one below the other: what stands where."""

from __future__ import annotations

import pandas as pd
import pytest

from mechgrok.plots.primitives import intervals

TABLE = pd.DataFrame(
    {
        "text": ["the first", "one whose name is so long that it has to go on in another line", "<b>third</b>"],
        "mean": [0.5, -0.2, 0.0],
        "low": [0.1, -0.3, -0.4],
        "high": [0.7, -0.1, 0.4],
        "known": [(0.4, 0.6), (-0.2,), ()],
    }
)
FIGURE = intervals(TABLE, name="text", mean="mean", low="low", high="high", singles="known", x_title="difference")
SINGLES, MEANS = FIGURE.data


def test_a_mean_has_its_interval_to_either_side() -> None:
    assert list(MEANS.x) == [0.5, -0.2, 0.0]
    assert list(MEANS.error_x.array) == pytest.approx([0.2, 0.1, 0.4])
    assert list(MEANS.error_x.arrayminus) == pytest.approx([0.4, 0.1, 0.4])


def test_rows_go_down_and_each_holds_its_own_values() -> None:
    assert list(MEANS.y) == sorted(MEANS.y, reverse=True)
    assert list(zip(SINGLES.x, SINGLES.y, strict=True)) == [(0.4, MEANS.y[0]), (0.6, MEANS.y[0]), (-0.2, MEANS.y[1])]
    low, high = FIGURE.layout.yaxis.range
    assert all(low < place < high for place in MEANS.y)


def test_names_are_ticks_and_long_ones_have_two_lines() -> None:
    ticks = FIGURE.layout.yaxis
    assert list(ticks.tickvals) == list(MEANS.y)
    assert [text.count("<br>") for text in ticks.ticktext] == [0, 1, 0]
    assert " ".join(ticks.ticktext[1].split("<br>")) == TABLE["text"][1]


def test_zero_is_marked_and_the_figure_grows_with_its_rows() -> None:
    assert FIGURE.layout.xaxis.zeroline
    more = intervals(pd.concat([TABLE] * 4), name="text", mean="mean", low="low", high="high", singles="known", x_title="difference")
    assert more.layout.height > 2 * FIGURE.layout.height
    assert more.layout.width == FIGURE.layout.width
