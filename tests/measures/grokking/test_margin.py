"""margin on planted networks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from answering import THIRD, P, answers
from planted import Planted, measured, table

from mechgrok.measures.grokking.margin import Margin

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


class TestMargin:
    def test_by_hand(self) -> None:
        """Of right rows the distance to the second, of wrong ones that to the first, negative."""
        grid = table(P, train=THIRD)
        logits = torch.randn(49, P, generator=torch.Generator().manual_seed(0), dtype=torch.float64) + 5
        by_hand = np.array([logits[n, y] - max(logits[n, c] for c in range(P) if c != y) for n, y in enumerate(grid.labels)])
        found = measured(Margin(), Planted(grid, logits))
        for split, rows in {"all": slice(None), "train": THIRD, "test": ~THIRD}.items():
            expected = [by_hand[rows].min(), by_hand[rows].mean(), by_hand[rows].max()]
            assert [found.headline[f"{name}_{split}"] for name in ("min", "mean", "max")] == pytest.approx(expected, rel=1e-13)
        assert by_hand.min() < 0
        two_largest = logits.topk(2).values
        assert found.headline["mean_all"] != pytest.approx((two_largest[:, 0] - two_largest[:, 1]).mean().item(), rel=0.1)

    def test_the_histogram_counts_every_row_where_it_lies(self) -> None:
        """Margins 4 and -10 in 40 bins of .35 from -10 to 4."""
        grid = table(P, train=THIRD)
        logits = answers(grid, 4.0)
        logits[:5] = answers(grid, 10.0, 2)[:5]
        bins = measured(Margin(), Planted(grid, logits)).table.query("statistic == 'bin' and rows > 0")
        found = {split: dict(zip(part["margin"], part["rows"], strict=True)) for split, part in bins.groupby("split")}
        low, high = pytest.approx(-10 + 0.175), pytest.approx(4 - 0.175)
        for split, wrong in {"all": 5, "train": THIRD[:5].sum(), "test": (~THIRD[:5]).sum()}.items():
            rows = {"all": 49, "train": THIRD.sum(), "test": (~THIRD).sum()}[split]
            assert list(found[split].items()) == [(low, wrong), (high, rows - wrong)]

    def test_the_figure_shows_shares_of_each_split(self) -> None:
        grid = table(P, train=THIRD)
        figure = measured(Margin(), Planted(grid, answers(grid, 4.0, torch.arange(49) % 2))).figure()
        shares = [sum(trace.y) for trace in figure.data if trace.type == "bar"]
        assert shares == pytest.approx([1, 1])

    def test_margin_above_zero_is_right(self) -> None:
        grid = table(P)
        logits = answers(grid, 1.0, torch.arange(49) % 2)
        found = measured(Margin(), Planted(grid, logits))
        assert (found.headline["min_all"], found.headline["max_all"]) == (-1, 1)
