"""Intervals of means over aliases."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mechgrok.measures.aliases.differences import headline_interval, interval, mean_and_error


def test_an_interval_is_that_of_a_normal_mean() -> None:
    values = np.array([0.1, 0.4, -0.2, 0.3])
    low, high = stats.norm.interval(0.95, values.mean(), stats.sem(values))
    assert interval(*mean_and_error(values)) == (pytest.approx(low), pytest.approx(high))


def test_an_interval_of_cosines_ends_where_cosines_end() -> None:
    found = headline_interval("cosine", mean_and_error([1.0, 1.0, 0.7]), "missing", limit=1)
    assert found["cosine_high"] == 1
    assert found["cosine_low"] == pytest.approx(0.9 - 1.959964 * 0.1)


def test_without_an_error_the_ends_are_missing_with_the_reason() -> None:
    found = headline_interval("cosine", mean_and_error([0.5]), "one alias", limit=1)
    assert found["cosine"] == 0.5
    assert [str(found[f"cosine_{end}"]) for end in ("low", "high")] == ["one alias", "one alias"]
