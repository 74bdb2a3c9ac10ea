"""The figure shows each number's area on both halves of the runs, in one panel a comparison."""

from __future__ import annotations

import pandas as pd

from mechgrok.studies.early_warning.figure import areas_figure


def test_a_panel_has_the_numbers_from_the_top_with_their_intervals():
    rows = [
        {"comparison": comparison, "number": number, "auroc_choosing": 0.9, "auroc": area, "low": area - 0.1, "high": area + 0.05}
        for comparison in ("same step", "same configuration and step")
        for number, area in (("b", 0.6), ("a", 0.7), ("not shown", 0.1))
    ]
    figure = areas_figure(pd.DataFrame(rows), {"a": "gini", "b": "weight norm"}, ["b"])
    assert [trace.xaxis for trace in figure.data] == ["x", "x", "x", "x2", "x2", "x2"]
    chosen, own, rivals = figure.data[:3]
    assert list(chosen.x) == [0.9, 0.9]
    assert (list(own.x), list(own.y)) == ([0.7], [0])
    assert (list(rivals.x), list(rivals.y)) == ([0.6], [1])
    assert abs(own.error_x.arrayminus[0] - 0.1) < 1e-12
    assert list(figure.layout.yaxis.ticktext) == ["gini", "weight norm"]
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]
