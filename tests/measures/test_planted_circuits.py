"""Heads and neurons with planted waves, and networks that mind the order of their operands."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import pytest
import torch
from planted import Planted, handmade_snapshot, measured, table
from torch import Tensor

from mechgrok.measures.frequencies.head_circuits import HeadCircuits
from mechgrok.measures.neurons.commutativity import Commutativity
from mechgrok.measures.neurons.trig_share import TrigShare
from mechgrok.models.architecture import Architecture
from mechgrok.runs.snapshot import Snapshot


def wave(p: int, k: int, phase: float = 0.0) -> Tensor:
    return torch.cos(2 * math.pi * k * torch.arange(p, dtype=torch.float64) / p + phase)


def zeros(*shape: int) -> Tensor:
    return torch.zeros(*shape, dtype=torch.float64)


class TestHeadCircuits:
    def snapshot(self, p: int = 11) -> Snapshot:
        """Coordinates: cos 2, cos 3, cos 5 of the number, and one that only the position of '=' has.

        Head 0 brings cos 2 and twice cos 3 to the neurons, head 1 cos 5; '=' looks for cos 3 with head 0 and for cos 2, cos 5 with head 1.
        """
        W_E = zeros(p + 1, 4)
        W_E[:p, :3] = torch.stack([wave(p, 2), wave(p, 3), wave(p, 5)], dim=1) + 4
        W_pos = zeros(3, 4)
        W_pos[2, 3] = 1
        W_V, W_O, W_Q, W_K = zeros(2, 4, 2), zeros(2, 2, 4), zeros(2, 4, 2), zeros(2, 4, 2)
        W_V[0, 0, 0], W_V[0, 1, 1], W_V[1, 2, 0] = 1, 2, 1
        W_O[0, 0, 0], W_O[0, 1, 1], W_O[1, 0, 2] = 1, 1, 7
        W_Q[:, 3, :] = 1
        W_K[0, 1, 0], W_K[1, 0, 0], W_K[1, 2, 1] = 1, 1, 3
        weights = {"embed.W_E": W_E, "pos_embed.W_pos": W_pos, "blocks.0.attn.W_V": W_V, "blocks.0.attn.W_O": W_O}
        weights |= {"blocks.0.attn.W_Q": W_Q, "blocks.0.attn.W_K": W_K, "blocks.0.mlp.W_in": torch.eye(4, dtype=torch.float64)}
        return Snapshot(table(p), Architecture(1, 2, 4, 2, 4, p + 1, p, 3, "relu", None, False), weights, 0)

    def test_planted_waves(self) -> None:
        """Powers: sum of cos^2 over the tokens is p / 2, times the square of the amplitude; the constant does not count."""
        result = measured(HeadCircuits(), self.snapshot())
        shares = result.table.set_index(["circuit", "head", "frequency"])["share"]
        assert shares["OV", 0, 2] == pytest.approx(0.2, abs=1e-12)
        assert shares["OV", 0, 3] == pytest.approx(0.8, abs=1e-12)
        assert shares["OV", 1, 5] == pytest.approx(1, abs=1e-12)
        assert shares["QK", 0, 3] == pytest.approx(1, abs=1e-12)
        assert shares["QK", 1, 2] == pytest.approx(0.1, abs=1e-12)
        powers = result.table.set_index(["circuit", "head", "frequency"])["power"]
        assert powers["OV", 1, 5] == pytest.approx(49 * 11 / 2, rel=1e-12)
        assert powers["QK", 0, 3] == pytest.approx(11 / 2 / 2, rel=1e-12)  # scores are divided by the root of d_head = 2

    def test_headline(self) -> None:
        found = measured(HeadCircuits(), self.snapshot()).headline
        assert (found["OV_frequencies"], found["QK_frequencies"]) == ([3, 5], [3, 5])
        assert (found["OV_share"], found["QK_share"]) == (pytest.approx(0.9, abs=1e-12), pytest.approx(0.95, abs=1e-12))

    def test_the_position_is_part_of_what_equals_looks_with(self) -> None:
        """Its embedding is zero here: without its position there would be no scores."""
        snapshot = self.snapshot()
        without = measured(HeadCircuits(), snapshot.with_weights({"pos_embed.W_pos": zeros(3, 4)}))
        assert without.headline["QK_share"] is None
        assert without.headline["OV_share"] is not None

    def test_the_token_is_part_of_what_equals_looks_with(self) -> None:
        """What only the position had, only the token '=' has now: the same scores."""
        snapshot = self.snapshot()
        W_E = snapshot.weights["embed.W_E"].clone()
        W_E[-1, 3] = 1
        told = measured(HeadCircuits(), snapshot.with_weights({"pos_embed.W_pos": zeros(3, 4), "embed.W_E": W_E})).headline
        assert (told["QK_frequencies"], told["QK_share"]) == ([3, 5], pytest.approx(0.95, abs=1e-12))

    def test_a_bias_of_the_query_counts(self) -> None:
        """b_Q = (0, 1) on head 0 without positions: it looks for the second coordinate of the keys, which is cos 2."""
        snapshot = self.snapshot()
        W_K, b_Q = snapshot.weights["blocks.0.attn.W_K"].clone(), zeros(2, 2)
        W_K[0, 0, 1], b_Q[:, 1] = 1, 1
        changed = {"pos_embed.W_pos": zeros(3, 4), "blocks.0.attn.W_K": W_K, "blocks.0.attn.b_Q": b_Q}
        assert measured(HeadCircuits(), snapshot.with_weights(changed)).headline["QK_frequencies"] == [2, 5]


class TestTrigShare:
    P = 11

    def snapshot(self, activation: str = "relu") -> Snapshot:
        """Uniform attention, times 3, brings cos and sin of w_2 a plus those of w_2 b to '='; neurons at several angles and biases."""
        p, angle = self.P, torch.arange(6, dtype=torch.float64)
        W_E = torch.cat([torch.stack([wave(p, 2), wave(p, 2, -math.pi / 2)], dim=1), zeros(1, 2)])
        weights = {"embed.W_E": W_E, "pos_embed.W_pos": zeros(3, 2), "blocks.0.mlp.b_in": 0.3 * angle - 0.5}
        weights |= {f"blocks.0.attn.W_{letter}": zeros(1, 2, 2) for letter in "QK"}
        weights |= {"blocks.0.attn.W_V": torch.eye(2, dtype=torch.float64)[None], "blocks.0.attn.W_O": 3 * torch.eye(2).double()[None]}
        weights |= {"blocks.0.mlp.W_in": torch.stack([torch.cos(angle), torch.sin(angle)]), "blocks.0.mlp.W_out": zeros(6, 2)}
        weights |= {"blocks.0.mlp.b_out": zeros(2), "unembed.W_U": zeros(2, p)}
        return Snapshot(table(p), Architecture(1, 1, 2, 2, 6, p + 1, p, 3, activation, None, False), weights, 0)  # type: ignore[arg-type]

    def by_least_squares(self, values: np.ndarray, columns: list[np.ndarray]) -> np.ndarray:
        centred, X = values - values.mean(0), np.stack(columns, axis=1)
        fitted = X @ np.linalg.lstsq(X, centred, rcond=None)[0]
        return (fitted**2).sum(0) / (centred**2).sum(0)

    def test_against_least_squares_on_waves(self) -> None:
        p = self.P
        snapshot = self.snapshot()
        a, b = np.divmod(np.arange(p * p), p)
        w, j = 2 * np.pi * 2 / p, np.arange(6)
        pre = np.cos(w * a[:, None] - j) + np.cos(w * b[:, None] - j) + 0.3 * j - 0.5
        products = [f(w * a) * g(w * b) for f in (np.cos, np.sin) for g in (np.cos, np.sin)]
        sums = [np.cos(w * (a + b)), np.sin(w * (a + b))]
        result = measured(TrigShare(), snapshot)
        post = result.table[result.table["stage"] == "post"]
        assert post["frequency"].tolist() == [2] * 6
        neurons = np.maximum(pre, 0)
        assert post["quadratic"].tolist() == pytest.approx(self.by_least_squares(neurons, products).tolist(), abs=1e-12)
        assert post["trig"].tolist() == pytest.approx(self.by_least_squares(neurons, sums).tolist(), abs=1e-12)
        assert post["quadratic"].min() > 0.005

    def test_before_the_nonlinearity_there_are_no_products(self) -> None:
        found = measured(TrigShare(), self.snapshot()).headline
        assert found["quadratic_pre"] == pytest.approx(0, abs=1e-20)
        assert found["trig_pre"] == pytest.approx(0, abs=1e-20)
        assert found["quadratic_post"] > found["trig_post"] > 0.005

    def test_squares_are_half_products(self) -> None:
        """(x + y + c)^2 of two waves, c = 0: cross term 2 x y has variance 1, x^2 and y^2 1 / 8 each; of the products half is in a + b."""
        snapshot = self.snapshot("quadratic").with_weights({"blocks.0.mlp.b_in": zeros(6)})
        found = measured(TrigShare(), snapshot).headline
        assert found["quadratic_post"] == pytest.approx(1 / 1.25, abs=1e-12)
        assert found["trig_post"] == pytest.approx(0.5 / 1.25, abs=1e-12)

    def test_the_first_frequency_is_one(self) -> None:
        waves = torch.stack([wave(self.P, 1), wave(self.P, 1, -math.pi / 2)], dim=1)
        changed = {"embed.W_E": torch.cat([waves, zeros(1, 2)]), "blocks.0.mlp.b_in": zeros(6)}
        result = measured(TrigShare(), self.snapshot("quadratic").with_weights(changed))
        assert (result.table["frequency"] == 1).all()
        assert result.headline["quadratic_post"] == pytest.approx(1 / 1.25, abs=1e-12)

    def test_neurons_without_variance_have_none(self) -> None:
        snapshot = self.snapshot().with_weights({"blocks.0.mlp.b_in": zeros(6) - 100})
        result = measured(TrigShare(), snapshot)
        assert result.headline["quadratic_post"] is None
        assert (result.table["frequency"] == 0).all()


class TestCommutativity:
    def test_what_is_zero_is_a_gap(self) -> None:
        snapshot = handmade_snapshot(7, {2: 3.0})
        silent = {name: torch.zeros_like(tensor) for name, tensor in snapshot.weights.items()}
        found = measured(Commutativity(), Snapshot(snapshot.grid, snapshot.architecture, silent, 0))
        words = {"neurons": "or all of them are zero", "logits": "all logits are zero", "position_cosine": "a position embedding is zero"}
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
