"""activation-rank on planted networks."""

from __future__ import annotations

import pytest
import torch
from planted import Planted, measured, table
from torch import Tensor
from waves import wave

from mechgrok.measures.weights.activation_rank import ActivationRank


class TestActivationRank:
    P = 41

    def cloud(self, copies: float) -> Tensor:
        """Three equal normal coordinates about a far mean, six neurons; (b, a) a copy of (a, b) up to `copies`."""
        draw = torch.Generator().manual_seed(0)
        points = torch.randn(self.P, self.P, 3, generator=draw, dtype=torch.float64)
        points = torch.where(torch.ones(self.P, self.P).triu().bool()[:, :, None], points, points.transpose(0, 1))
        points = points + copies * torch.randn(self.P, self.P, 3, generator=draw, dtype=torch.float64)
        turn = torch.linalg.qr(torch.randn(6, 3, generator=draw, dtype=torch.float64)).Q
        return points.flatten(0, 1) @ turn.T + 30

    def test_a_cloud_of_three_dimensions(self) -> None:
        """Without centring the mean would be nearly all, and with the copies every ratio of distances huge: dimensions near 0."""
        found = measured(ActivationRank(), Planted(table(self.P), neurons=self.cloud(1e-6))).headline
        assert found["effective"] == pytest.approx(3, rel=0.01)
        assert found["stable"] == pytest.approx(3, rel=0.1)
        assert found["two_nn"] == pytest.approx(3, rel=0.1)

    def test_equal_waves_count(self) -> None:
        a, b = table(self.P).operands.T
        neurons = torch.stack([wave(self.P, 1)[a], wave(self.P, 2)[a], wave(self.P, 1)[b], 5 + 0.0 * a, 0.0 * a], dim=1)
        found = measured(ActivationRank(), Planted(table(self.P), neurons=neurons)).headline
        assert (found["effective"], found["stable"]) == (pytest.approx(3, rel=1e-6), pytest.approx(3, rel=1e-9))

    def test_neurons_that_do_not_vary(self) -> None:
        found = measured(ActivationRank(), Planted(table(self.P), neurons=torch.full((self.P**2, 4), 0.1, dtype=torch.float64))).headline
        assert (found["effective"], found["stable"], found["two_nn"]) == (0, 0, None)

    def test_the_sample_is_what_it_says(self) -> None:
        result = measured(ActivationRank(sample=50), Planted(table(self.P), neurons=self.cloud(0)))
        assert result.table.set_index("dimension")["points"].to_dict() == {"effective": 1681, "stable": 1681, "two_nn": 50}
