"""logit-profile on planted networks."""

from __future__ import annotations

import numpy as np
import pytest
from planted import Planted, cosine_logits, measured, table

from mechgrok.measures.logits.logit_profile import LogitProfile


class TestLogitProfile:
    @pytest.mark.parametrize("p", [13, 8])
    def test_planted_cosines(self, p: int) -> None:
        grid = table(p)
        found = measured(LogitProfile(), Planted(grid, cosine_logits(grid, {1: 3.0, 2: 2.0}) - 40))
        d = found.table["distance"].to_numpy()
        assert sorted(d % p) == list(range(p))
        expected = 3 * np.cos(2 * np.pi * d / p) + 2 * np.cos(4 * np.pi * d / p)
        assert found.table["logit"].tolist() == pytest.approx(expected.tolist(), abs=1e-12)
        assert (found.headline["at_answer"], found.headline["peak"]) == pytest.approx((5, 5), abs=1e-12)
        assert found.headline["best_wrong"] == pytest.approx(expected[d != 0].max(), abs=1e-12)
