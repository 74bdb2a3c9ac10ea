"""ranks on planted networks."""

from __future__ import annotations

import math

import pytest
import torch
from planted import architecture, measured, table
from waves import wave

from mechgrok.measures.weights.ranks import Ranks
from mechgrok.runs.snapshot import Snapshot


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
