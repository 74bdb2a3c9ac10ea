"""What the figures of measures share."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mechgrok.measures.aliases.gradient_alignment import GradientAlignment
from mechgrok.measures.aliases.gradient_patching import GradientPatching
from mechgrok.measures.anomalies.anomaly_scores import AnomalyScores
from mechgrok.measures.frequencies.token_map import TokenMap
from mechgrok.measures.grokking.offset_errors import OffsetErrors
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


def test_no_empty_panel_where_no_row_is_wrong():
    counts = pd.DataFrame({"step": [0, 0, 9, 9], "split": "all", "offset": [1, 2, 1, 2], "count": [3, 4, 0, 0]})
    figure = OffsetErrors().plot(counts)
    assert [list(trace.y) for trace in figure.data] == [[7, 0]]
    assert figure.layout.title.text == "Step 9: no row is wrong"


def test_tokens_in_one_place_are_labelled_once():
    places = pd.DataFrame({"step": 0, "token": range(4), "first": [0, 0.001, 1, 1], "second": [0, 0, 0, 1.0], "first_share": np.nan})
    figure = TokenMap().plot(places.assign(second_share=np.nan))
    assert list(figure.data[0].text) == ["0", "", "2", "3"]


@pytest.mark.parametrize("steps", [[8], [4, 8]])
def test_the_alignment_of_gradients_has_its_intervals_at_any_number_of_steps(steps):
    cosines = pd.DataFrame({"part": "Dt3", "integer": [0, 1, 2] * 2, "group": ["all"] * 3 + ["norms"] * 3, "cosine": [0.1, 0.2, 0.6] * 2})
    table = pd.concat([cosines.assign(step=step, cosine_others=0.0) for step in steps])
    figure = GradientAlignment().plot(table)
    high = 0.3 + 1.959964 * np.sqrt(0.07 / 3)
    by_group = figure.data[-1]
    assert (by_group.y + by_group.error_y.array).tolist() == pytest.approx([high] * 2)
    first = figure.data[0]
    assert (first.y + first.error_y.array if len(steps) == 1 else first.y[:2]) == pytest.approx([high] * len(steps))


@pytest.fixture
def areas() -> pd.DataFrame:
    known = {"auroc": [0.4, 0.9], "auroc_low": [0.3, 0.7], "auroc_high": [0.6, 1.0]}
    return pd.DataFrame({"step": 5, "detector": ["margin", "loss"], "split": "test", **known})


def test_detectors_have_their_intervals_and_the_level_of_chance(areas):
    figure = AnomalyScores().plot(areas)
    assert [(float(each.y[0] - each.error_y.arrayminus[0]), float(each.y[0] + each.error_y.array[0])) for each in figure.data] == [
        pytest.approx((0.3, 0.6)),
        pytest.approx((0.7, 1.0)),
    ]
    (line,) = figure.layout.shapes
    assert (line.y0, line.y1, line.yref, line.xref) == (0.5, 0.5, "y", "x domain")


def test_detection_over_training_has_the_level_of_chance_in_every_panel(areas):
    both = pd.concat([areas.assign(step=step, split=split) for step in (0, 5) for split in ("train", "test")])
    assert [(line.y0, line.yref) for line in AnomalyScores().plot(both).layout.shapes] == [(0.5, "y"), (0.5, "y2")]


def test_what_no_detector_could_be_asked_is_not_drawn_at_chance(areas):
    figure = AnomalyScores().plot(areas.assign(auroc=np.nan, auroc_low=np.nan, auroc_high=np.nan))
    assert [note.text for note in figure.layout.annotations] == ["none"]


def test_the_control_of_patched_gradients_is_drawn_as_large_as_it_is():
    changes = {"definition": -4.0, "loss_own": 0.8, "loss_others": 0.01}
    table = pd.DataFrame({"step": 9, "part": ["Dt3", "Df4"], "tag": ["Dt", "Df"], "group": "all", **changes})
    layout = GradientPatching().plot(table).layout
    assert [layout[name].matches for name in ("yaxis2", "yaxis3")] == ["y", "y"]
