"""Weights and neurons with known dimensions."""

from __future__ import annotations

import math

import pytest
import torch
from planted import Planted, architecture, measured, table
from torch import Tensor

from mechgrok.measures.weights.activation_rank import ActivationRank
from mechgrok.measures.weights.ranks import Ranks
from mechgrok.runs.snapshot import Snapshot


def wave(p: int, k: int, phase: float = 0.0) -> Tensor:
    return torch.cos(2 * math.pi * k * torch.arange(p, dtype=torch.float64) / p + phase)


class TestRanks:
    def snapshot(self, p: int = 11) -> Snapshot:
        """W_E: three equal waves; its '=' row is far away. W_out of rank 2, W_U of rank 6: W_L of rank 2. Heads' W_Q alike, W_O not."""
        W_E = torch.zeros(p + 1, 8, dtype=torch.float64)
        W_E[:p, :3] = torch.stack([wave(p, 1), wave(p, 1, math.pi / 2), wave(p, 4)], dim=1)
        W_E[p] = 1e3
        W_out = torch.zeros(6, 8, dtype=torch.float64)
        W_out[0, 0], W_out[1, 1] = 3, 1
        W_U = torch.eye(8, p, dtype=torch.float64)
        W_Q, W_O = torch.zeros(2, 8, 4, dtype=torch.float64), torch.zeros(2, 4, 8, dtype=torch.float64)
        W_Q[:, 0, 0] = 1
        W_O[0, 0, 0], W_O[1, 0, 1] = 1, 1
        weights = {"embed.W_E": W_E, "blocks.0.mlp.W_out": W_out, "unembed.W_U": W_U, "blocks.0.mlp.b_in": torch.ones(6)}
        weights |= {"blocks.0.attn.W_Q": W_Q, "blocks.0.attn.W_O": W_O, "blocks.0.attn.b_Q": torch.ones(2, 4)}
        return Snapshot(table(p), architecture(p), weights, 0)

    def test_planted_ranks(self) -> None:
        """W_L has singular values 3, 1: exp(H) = 4 / 3^(3/4), stable 10 / 9. Equal W_Q side by side are of rank 1, these W_O of rank 2."""
        found = measured(Ranks(), self.snapshot())
        assert found.headline["W_E_effective"] == pytest.approx(3, rel=1e-9)
        assert found.headline["W_E_stable"] == pytest.approx(3, rel=1e-9)
        assert found.headline["W_L_effective"] == pytest.approx(4 / 3**0.75, rel=1e-9)
        assert found.headline["W_L_stable"] == pytest.approx(10 / 9, rel=1e-9)
        rows = found.table.set_index("matrix")
        assert (rows["effective"]["blocks.0.attn.W_Q"], rows["effective"]["blocks.0.attn.W_O"]) == (pytest.approx(1), pytest.approx(2))
        assert (rows["rows"]["blocks.0.attn.W_Q"], rows["columns"]["blocks.0.attn.W_Q"]) == (8, 8)
        assert rows["effective"]["unembed.W_U"] == pytest.approx(8)

    def test_which_matrices(self) -> None:
        found = measured(Ranks(), self.snapshot()).table["matrix"].tolist()
        matrices = ["blocks.0.attn.W_O", "blocks.0.attn.W_Q", "blocks.0.mlp.W_out", "unembed.W_U"]
        assert found == ["W_E", "W_L", *matrices]


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
