"""The tables of docs/faster-groks.md: censored medians, ratios to AdamW and a test for each other recipe."""

from __future__ import annotations

import faster_groks
import numpy as np
import pandas as pd
import pytest

from mechgrok.maths.statistics.censored import Estimate


def runs(recipe: str, steps: list[int | None], collapses: list[object]) -> pd.DataFrame:
    table = pd.DataFrame({"grokked": pd.array(steps, dtype="Int64"), "collapses": collapses})
    return table.assign(setting="p = 31", recipe=recipe, last_step=400)


def test_a_run_that_did_not_grok_is_censored_at_its_last_step() -> None:
    found = faster_groks.times(runs("AdamW", [100, None, 300], [0, "", 0]))
    assert found.at.tolist() == [100, 400, 300]
    assert found.reached.tolist() == [True, False, True]


def test_each_recipe_has_its_median_its_ratio_to_adamw_and_a_test() -> None:
    usual = runs("AdamW", [100, 120, 140, 160, 180, 200], [0] * 6)
    slow = runs("Grokfast", [None] * 6, [""] * 6)
    first, second = faster_groks.medians(pd.concat([usual, slow])).splitlines()[2:]
    assert first.startswith("| p = 31 | AdamW | 140 (100 to 200) |  |  | 6 of 6 | 0, 0, 0, 0, 0, 0 |")
    assert second.startswith("| p = 31 | Grokfast | > 400 (> 400 to > 400) | ∞ (∞ to ∞) | 0.000")
    assert "| 0 of 6 |  |" in second


@pytest.mark.parametrize(
    ("estimate", "text"),
    [(Estimate(150.0), "150"), (Estimate(150.0, 100.0, np.inf), "150 (100 to ∞)"), (Estimate(np.nan), "–"), (Estimate(np.inf), "∞")],
)
def test_an_estimate_in_words(estimate: Estimate, text: str) -> None:
    assert faster_groks.in_words(estimate) == text
