"""Sizes of figures in print."""

from __future__ import annotations

import pytest

from mechgrok.errors import UserError
from mechgrok.plots.files.print_layout import PrintLayout, layout_of


@pytest.mark.parametrize(
    ("asked", "layout"),
    [
        (("screen", None, None, None), PrintLayout(None, None, True)),
        (("screen", None, None, False), PrintLayout(None, None, False)),
        (("paper", None, None, None), PrintLayout(3.25, 380, False)),
        (("paper", "6.5in", None, True), PrintLayout(6.5, 760, True)),
        (("talk", None, 9, None), PrintLayout(10, 1040, True)),
        (("screen", "8.255cm", None, None), PrintLayout(8.255 / 2.54, 380, True)),
        (("screen", None, 4, None), PrintLayout(3.25, 760, True)),
        (("screen", "234 pt", 8, None), PrintLayout(3.25, 380, True)),
    ],
)
def test_text_has_its_size_when_the_figure_has_its_width(
    asked: tuple[str, str | None, float | None, bool | None], layout: PrintLayout
) -> None:
    assert layout_of(*asked) == layout


@pytest.mark.parametrize(
    ("width", "points", "message"),
    [
        ("3.25", None, "give a number and a unit"),
        ("wide", None, "give a number and a unit"),
        ("3.25in", 0, "above 0"),
        ("3.25in", float("nan"), "above 0"),
        ("1in", 18, "too large for a figure 1 inch wide; between them lie 0.23 and 3.7 points"),
        ("90in", 2, "too small"),
    ],
)
def test_sizes_at_which_nothing_can_be_read_are_refused(width: str, points: float | None, message: str) -> None:
    with pytest.raises(UserError, match=message):
        layout_of("paper", width, points, None)
