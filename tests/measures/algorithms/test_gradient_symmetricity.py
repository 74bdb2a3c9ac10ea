"""gradient-symmetricity on planted networks, against published numbers."""

from __future__ import annotations

import math

import pytest
import torch
from planted import handmade_snapshot, measured, table

from mechgrok.measures.algorithms.gradient_symmetricity import GradientSymmetricity
from mechgrok.models.architecture import Architecture
from mechgrok.runs.snapshot import Snapshot


class TestGradientSymmetricity:
    def two_readers(self, cosine: float, p: int = 7) -> Snapshot:
        """Head 0 attends to a, head 1 to b, by position; a's coordinate 0 and b's `cosine` x_0 + sine x_1 meet in the logits."""
        z = {"dtype": torch.float64}
        W_E = torch.cat([torch.randn(p, 4, generator=torch.Generator().manual_seed(0), **z), torch.tensor([[0.0, 0, 0, 1]], **z)])
        W_E[:p, 2:] = 0
        W_pos = torch.tensor([[0.0, 0, 1, 0], [0, 0, -1, 0], [0, 0, 0, 0]], **z)
        W_Q, W_K, W_V, W_O = (torch.zeros(2, 4, 1, **z) for _ in range(4))
        W_Q[:, 3, 0] = 1
        W_K[:, 2, 0] = torch.tensor([60.0, -60.0])
        W_V[0, 0, 0] = 1
        W_V[1, :2, 0] = torch.tensor([cosine, math.sqrt(1 - cosine**2)], **z)
        W_O[:, 0, 0] = 1
        W_U = torch.randn(4, p, generator=torch.Generator().manual_seed(1), **z)
        attention = {"W_Q": W_Q, "W_K": W_K, "W_V": W_V, "W_O": W_O.transpose(1, 2)}
        weights = {f"blocks.0.attn.{name}": tensor for name, tensor in attention.items()}
        weights |= {"embed.W_E": W_E, "pos_embed.W_pos": W_pos, "unembed.W_U": W_U}
        return Snapshot(table(p), Architecture(1, 2, 4, 1, 1, p + 1, p, 3, "relu", None, True), weights, 0)

    @pytest.mark.parametrize("cosine", [1.0, 0.6, 0.0, -0.8])
    def test_planted_directions(self, cosine: float) -> None:
        assert measured(GradientSymmetricity(), self.two_readers(cosine)).headline["symmetricity"] == pytest.approx(cosine, abs=1e-12)

    def test_a_network_of_the_sum_of_embeddings_is_symmetric(self) -> None:
        assert measured(GradientSymmetricity(), handmade_snapshot(13, {3: 5.0})).headline["symmetricity"] == pytest.approx(1, abs=1e-12)

    def test_a_network_without_gradients_says_so(self) -> None:
        zero = self.two_readers(1.0)
        zero = zero.with_weights({"unembed.W_U": 0 * zero.weights["unembed.W_U"]})
        assert measured(GradientSymmetricity(), zero).headline["symmetricity"] is None


class TestModelA:
    """zhong2023/model_p99zdpze5l.pt: p = 59, uniform attention, the paper's example of a pizza."""

    def test_gradient_symmetricity(self, pizza) -> None:
        assert pizza["gradient-symmetricity"].headline["symmetricity"] == pytest.approx(0.99366516, abs=1e-6)
