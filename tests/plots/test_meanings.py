"""Lines of one meaning look the same in every figure, in colour and in grey."""

from __future__ import annotations

import pandas as pd
import pytest

from mechgrok.plots.meanings import STYLES, styles
from mechgrok.plots.primitives import curves
from mechgrok.plots.theme import palette


def drawn(names: list[str]) -> dict[str, tuple[str, str]]:
    table = pd.DataFrame([(name, step, step + 1.0) for name in names for step in (0, 1)], columns=["split", "step", "loss"])
    return {trace.name: (trace.line.color, trace.line.dash) for trace in curves(table, x="step", y="loss", color="split").data}


def test_a_split_looks_the_same_in_any_order_and_company() -> None:
    one, other = drawn(["all", "train", "test"]), drawn(["test", "mine", "train"])
    assert one["train"] == other["train"]
    assert one["test"] == other["test"]
    assert drawn(["excluded (train)"])["excluded (train)"] == (STYLES["excluded"]["color"], STYLES["excluded"]["dash"])


LOSSES = {"train", "test", "all", "restricted", "excluded"}
ANSWERS = {"train", "test", "memorised", "inverted", "rule", "truth"}
"""The meanings that stand in one figure."""


@pytest.mark.parametrize("together", [LOSSES, ANSWERS])
def test_meanings_in_one_figure_differ_in_colour(together: set[str]) -> None:
    assert len({STYLES[name]["color"] for name in together}) == len(together)


def test_all_meanings_differ_in_dash() -> None:
    assert set(STYLES) == LOSSES | ANSWERS
    assert len({style["dash"] for style in STYLES.values()}) == len(STYLES)


def test_other_lines_take_no_colour_of_a_meaning_in_the_figure() -> None:
    found = styles(["a", "train", "b", "test", "c"])
    assert len({style["color"] for style in found}) == 5
    assert len({style["dash"] for style in found}) == 5


def test_the_first_word_may_end_in_a_comma() -> None:
    assert styles(["train, clean", "test, clean"]) == [STYLES["train"], STYLES["test"]]


def test_lines_without_a_meaning_have_the_palette_in_order() -> None:
    assert styles(["a", "b", "trained"]) == [palette(0), palette(1), palette(2)]
