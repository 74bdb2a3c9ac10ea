"""circularity on planted networks, against published numbers."""

from __future__ import annotations

import pytest
import torch
from planted import architecture, measured, table
from torch import Tensor
from waves import circle

from mechgrok.engine.analyze import analyze
from mechgrok.measures.frequencies.circularity import Circularity
from mechgrok.runs.run import Run
from mechgrok.runs.snapshot import Snapshot


class TestCircularity:
    def embedded(self, columns: list[Tensor]) -> Snapshot:
        """Numbers at these coordinates about a far mean, '=' elsewhere."""
        W_E = torch.cat([torch.cat(columns, dim=1) + 50, torch.full((1, 2 * len(columns)), -1e4, dtype=torch.float64)])
        return Snapshot(table(len(W_E) - 1), architecture(len(W_E) - 1, W_E.shape[1]), {"embed.W_E": W_E}, 0)

    def test_two_circles(self) -> None:
        found = measured(Circularity(), self.embedded([circle(13, 5, 3.0), circle(13, 2, 1.0)])).headline
        assert found["circularity"] == pytest.approx(1, abs=1e-9)
        assert found["frequencies"] == [5, 5, 2, 2]
        assert found["variance"] == pytest.approx(1, abs=1e-12)

    def test_one_circle_has_two_components(self) -> None:
        """The other two have no variance and do not count."""
        result = measured(Circularity(), self.embedded([circle(13, 5, 3.0)]))
        assert result.headline["circularity"] == pytest.approx(1, abs=1e-9)
        assert result.headline["frequencies"] == [5, 5]
        assert result.table["frequency"].tolist() == [5, 5, 0, 0]

    def test_noise_is_less_round(self) -> None:
        noise = torch.randn(59, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        assert measured(Circularity(), self.embedded([noise[:, :2], noise[:, 2:4]])).headline["circularity"] < 0.4


class TestModelA:
    """zhong2023/model_p99zdpze5l.pt: p = 59, uniform attention, the paper's example of a pizza."""

    def test_circularity(self, pizza) -> None:
        assert pizza["circularity"].headline["circularity"] == pytest.approx(0.99781835, abs=1e-6)

    def test_relabelled_it_has_none_of_it(self, pizza_run: Run) -> None:
        pizza = analyze(pizza_run, ["circularity", "distance-irrelevance", "equivariance"], nulls=2)
        assert pizza["circularity"].null["circularity"]["mean"] < 0.3
        assert pizza["distance-irrelevance"].null["correct"]["mean"] > 0.9
        assert pizza["equivariance"].null["residual"]["mean"] > 0.9
