"""Outcomes: a headline is computed once."""

from __future__ import annotations

import pandas as pd
import pytest
from made_measures import Made

from mechgrok.engine.outcomes import Result


def test_a_headline_is_computed_once_for_its_numbers_and_for_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    counted, headline = [], Made.headline
    monkeypatch.setattr(Made, "headline", lambda self, table: counted.append(0) or headline(self, table))
    result = Result(Made(), pd.DataFrame({"value": [1.0], "norm": [float("inf")], "step": [0]}))
    assert result.headline == result.headline == {"value": 1.0, "norm": None, "text": "x", "gap": None}
    assert result.missing == {"norm": "the value is inf", "gap": "there is none"}
    assert len(counted) == 1
