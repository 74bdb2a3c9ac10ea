"""commutativity on planted networks."""

from __future__ import annotations

from typing import ClassVar

import pytest
import torch
from planted import Planted, handmade_snapshot, measured, table
from torch import Tensor
from waves import zeros

from mechgrok.measures.neurons.commutativity import Commutativity
from mechgrok.models.architecture import Architecture
from mechgrok.runs.snapshot import Snapshot


class TestCommutativity:
    def test_what_is_zero_is_a_gap(self) -> None:
        snapshot = handmade_snapshot(7, {2: 3.0})
        silent = {name: torch.zeros_like(tensor) for name, tensor in snapshot.weights.items()}
        found = measured(Commutativity(), Snapshot(snapshot.grid, snapshot.architecture, silent, 0))
        words = {
            "neurons": "all activations are zero",
            "logits": "all logits are zero",
            "position_cosine": "a position embedding is zero",
        }
        assert {key: words[key] for key, reason in found.missing.items() if words[key] in reason} == words
        assert found.headline["attention_a"] == pytest.approx(1 / 3)

    def test_a_network_of_the_sum_commutes(self) -> None:
        """Its attention is uniform over three positions, and its positions are zero."""
        result = measured(Commutativity(), handmade_snapshot(7, {2: 3.0}))
        found = result.headline
        assert found["neurons"] == pytest.approx(0, abs=1e-12)
        assert found["logits"] == pytest.approx(0, abs=1e-12)
        assert (found["attention_a"], found["attention_b"]) == (pytest.approx(1 / 3), pytest.approx(1 / 3))
        assert found["attention_difference"] == pytest.approx(0, abs=1e-15)
        assert found["position_cosine"] is None

    def test_heads_that_look_at_one_operand_each(self) -> None:
        """Means of one half for both, and yet their difference is 1 in every row."""
        p = 5
        W_E, W_pos, W_Q, W_K = zeros(p + 1, 2), zeros(3, 2), zeros(2, 2, 1), zeros(2, 2, 1)
        W_E[p, 1] = 1
        W_pos[:2, 0] = torch.tensor([1.0, -1.0])
        W_Q[:, 1, 0] = 1
        W_K[:, 0, 0] = torch.tensor([60.0, -60.0])
        weights = {"embed.W_E": W_E, "pos_embed.W_pos": W_pos, "blocks.0.attn.W_Q": W_Q, "blocks.0.attn.W_K": W_K}
        weights |= {"blocks.0.attn.W_V": zeros(2, 2, 1), "blocks.0.attn.W_O": zeros(2, 1, 2), "unembed.W_U": zeros(2, p)}
        found = measured(Commutativity(), Snapshot(table(p), Architecture(1, 2, 2, 1, 1, p + 1, p, 3, "relu", None, True), weights, 0))
        assert (found.headline["attention_a"], found.headline["attention_b"]) == (pytest.approx(0.5), pytest.approx(0.5))
        assert found.headline["attention_difference"] == pytest.approx(1)
        assert found.headline["position_cosine"] == pytest.approx(-1)
        assert found.headline["neurons"] is None
        assert found.headline["logits"] is None

    def test_neurons_and_logits_are_looked_at_by_pair(self) -> None:
        """N = a - b about 0 changes sign: 2. N = cos of a + b, plus as much cos of a - b from a sine: see maths.symmetry."""

        class Told(Planted):
            attention = torch.full((25, 1, 3), 1 / 3)
            parameters: ClassVar[dict[str, Tensor]] = {"pos_embed.W_pos": torch.ones(3, 2)}

        grid = table(5)
        a, b = grid.operands.T.double()
        odd, even = (a - b)[:, None].expand(-1, 6), (a + b)[:, None].expand(-1, 5)
        found = measured(Commutativity(), Told(grid, even, odd)).headline
        assert (found["neurons"], found["logits"]) == (pytest.approx(2), 0)
        mixed = 3 * torch.sin(a + b) / torch.sin(a + b).norm() + 4 * (a - b) / (a - b).norm()
        found = measured(Commutativity(), Told(grid, mixed[:, None].expand(-1, 5), even)).headline
        assert found["logits"] == pytest.approx(2 * 4 / 5, rel=1e-12)
