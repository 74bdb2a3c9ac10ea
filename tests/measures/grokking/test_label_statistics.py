"""label-statistics on planted networks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from planted import Planted, measured, table

from mechgrok.measures.grokking.label_statistics import LabelStatistics

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def divergence(q: np.ndarray, other: np.ndarray) -> float:
    q, other = q / q.sum(), other / other.sum()
    return float((q[q > 0] * np.log(q[q > 0] / other[q > 0])).sum())


class TestLabelStatistics:
    grid = table(5, train=np.arange(25) % 3 == 0)

    def test_this_split(self) -> None:
        """Labels of the rows 0, 3, 6, ... of a + b modulo 5, counted."""
        labels = (np.arange(25) // 5 + np.arange(25)) % 5
        train = np.bincount(labels[::3], minlength=5)
        found = measured(LabelStatistics(), Planted(self.grid)).headline
        assert found["entropy_all"] == pytest.approx(math.log(5), rel=1e-14)
        assert found["entropy_train"] == pytest.approx(math.log(9) - (train * np.log(train)).sum() / 9, rel=1e-13)
        assert found["divergence"] == pytest.approx(divergence(train, 5 - train), rel=1e-13)
        assert found["divergence"] != pytest.approx(divergence(5 - train, train), rel=1e-2)

    def test_random_splits(self) -> None:
        """Against splits that are really drawn. The mean of 1000 is known to sd / 32."""
        grid, draw = table(11, train=np.arange(121) % 3 == 0), np.random.default_rng(5)
        drawn = [np.bincount(draw.permutation(grid.labels.numpy())[:41], minlength=11) for _ in range(1000)]
        values = [divergence(train, 11 - train) for train in drawn]
        found = measured(LabelStatistics(splits=400, seed=1), Planted(grid)).headline
        assert found["divergence_random_mean"] == pytest.approx(np.mean(values), abs=4 * np.std(values) / 20)
        assert found["divergence_random_sd"] == pytest.approx(np.std(values), rel=0.2)

    def test_a_label_without_test_rows(self) -> None:
        grid = table(5, train=(np.arange(25) // 5 + np.arange(25)) % 5 == 0)
        found = measured(LabelStatistics(), Planted(grid))
        assert found.headline["divergence"] is None
        assert "infinite" in found.missing["divergence"]
        assert found.headline["entropy_train"] == 0
        assert found.headline["entropy_test"] == pytest.approx(math.log(4), rel=1e-14)

    def test_random_splits_of_which_some_are_infinite_have_no_mean(self) -> None:
        """Of 6 of the 9 rows, most draws, but not all, take a label whole; 400 draws have both kinds."""
        grid = table(3, train=np.isin(np.arange(9), [0, 1, 4, 5, 6, 8]))
        found = measured(LabelStatistics(splits=400), Planted(grid))
        row = found.table.set_index("quantity").loc["divergence"]
        assert math.isfinite(row["value"])
        assert math.isnan(row["random_mean"])
        assert "some random splits" in found.missing["divergence_random_mean"]

    def test_unknown(self) -> None:
        found = measured(LabelStatistics(), Planted(table(5)))
        assert found.headline["entropy_all"] == pytest.approx(math.log(5), rel=1e-14)
        assert all("unknown" in reason for reason in found.missing.values())
        assert len(found.missing) == 5
