"""The tables count the runs they are given and word leads and areas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mechgrok.maths.statistics.censored import Estimate
from mechgrok.studies.early_warning import tables


def test_runs_are_counted_by_their_end():
    ends = [("a", 100, 200), ("a", 120, 260), ("a", 300, None), ("b", None, None)]
    rows = [{"run": str(n), "setting": each[0], "moved": each[1], "grokked": each[2]} for n, each in enumerate(ends) for _ in range(2)]
    lines = tables.runs(pd.DataFrame(rows)).splitlines()[2:]
    assert lines == ["| a | 3 | 2 | 1 | 0 | 120 | 230 |", "| b | 1 | 0 | 0 | 1 |  |  |", "| all | 4 | 2 | 1 | 1 | 120 | 230 |"]


@pytest.mark.parametrize(
    ("lead", "text"),
    [
        (Estimate(60.0, 40.0, 80.0), "60 (40 to 80)"),
        (Estimate(60.0, -np.inf, 80.0), "60 (none to 80)"),
        (Estimate(-np.inf), "none"),
        (Estimate(20.0), "20"),
    ],
)
def test_a_lead_in_words(lead, text):
    assert tables.in_steps(lead) == text


def test_a_number_without_a_direction_has_neither_sign_nor_area():
    row = {"direction": 0, "auroc": np.nan, "low": np.nan, "high": np.nan}
    assert (tables.sign(row), tables.area(row)) == ("", "")


def test_the_chosen_number_stands_above_its_rivals():
    names = {"comparison": "same step", "number": ["gini: x", "loss: test"], "direction": [-1, 1]}
    ends = {"auroc_choosing": [0.9, 0.6], "auroc": [0.8, 0.5], "low": [0.7, 0.4], "high": [0.85, 0.6]}
    areas = pd.DataFrame({**names, **ends})
    of_rivals = {"auroc": [0.55, 0.5], "difference": [0.25, 0.3], "low": [0.1, -0.1], "high": [0.3, 0.4]}
    rivals = pd.DataFrame({"rival": ["gini: x of renamed tokens", "loss: test"], **of_rivals})
    assert tables.chosen({"same step": "gini: x"}, areas, {"same step": rivals}).splitlines()[2:] == [
        "| same step | **low gini: x** | 0.90 | 0.80 (0.70 to 0.85) |  |",
        "|  | gini: x of renamed tokens |  | 0.55 | 0.25 (0.10 to 0.30) |",
        "|  | loss: test | 0.60 | 0.50 (0.40 to 0.60) | 0.30 (−0.10 to 0.40) |",
    ]


def test_numbers_are_ranked_by_the_runs_that_choose_with_their_alarms():
    areas = pd.DataFrame(
        {
            "comparison": "same step",
            "number": ["a", "b"],
            "direction": 1,
            "auroc_choosing": [0.6, 0.7],
            "auroc": 0.5,
            "low": 0.4,
            "high": 0.6,
        }
    )
    alarms = {"warned": [0.1, 0.9], "false": [0.1, 0.2], "lead": [-np.inf, 40.0], "lead_low": np.nan, "lead_high": np.nan}
    leads = pd.DataFrame(alarms, index=pd.Index(["a", "b"], name="number"))
    assert tables.ranking(areas, leads, "same step", ["a", "b"]).splitlines()[2:] == [
        "| high | b | 0.70 | 0.50 (0.40 to 0.60) | 0.90 | 0.20 | 40 |",
        "| high | a | 0.60 | 0.50 (0.40 to 0.60) | 0.10 | 0.10 | none |",
    ]
