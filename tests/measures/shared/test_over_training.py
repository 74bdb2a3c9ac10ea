"""Figures of the last checkpoint beside a curve over training."""

from __future__ import annotations

import pandas as pd
import pytest

from mechgrok.measures.shared.over_training import beside_training
from mechgrok.plots.primitives import bars, curves


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame({"step": [100, 100, 3000, 3000], "k": [1, 2, 1, 2], "share": [0.1, 0.2, 0.3, 0.4]})


def test_the_last_checkpoint_stands_beside_training(table):
    now = bars(table[table["step"] == 3000], x="k", y="share")
    figure = beside_training(table, now, curves(table, x="step", y="share", color="k"), "Shares")
    assert [note.text for note in figure.layout.annotations] == ["<b>a</b>  Step 3\u202f000", "<b>b</b>  Shares"]


def test_one_checkpoint_stands_alone_and_says_its_step(table):
    one = table[table["step"] == 3000]
    figure = beside_training(one, bars(one, x="k", y="share"), curves(one, x="step", y="share", color="k"))
    assert figure.layout.title.text == "Step 3\u202f000"
    assert [trace.type for trace in figure.data] == ["bar"]
