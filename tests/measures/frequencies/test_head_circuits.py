"""head-circuits on planted networks."""

from __future__ import annotations

import pytest
import torch
from planted import measured, table
from waves import wave, zeros

from mechgrok.measures.frequencies.head_circuits import HeadCircuits
from mechgrok.models.architecture import Architecture
from mechgrok.runs.snapshot import Snapshot


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
