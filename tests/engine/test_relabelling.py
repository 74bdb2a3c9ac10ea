"""Networks with renamed tokens: the same function of other names."""

from __future__ import annotations

import pytest
import torch
from planted import architecture, handmade_snapshot, measured, table

from mechgrok.measures.grokking.loss import Loss
from mechgrok.measures.logits.logit_cosines import LogitCosines
from mechgrok.measures.weights.weight_norms import WeightNorms
from mechgrok.models.architecture import Architecture
from mechgrok.runs.snapshot import Snapshot


class TestRelabelling:
    def random_network(self, p: int, classes: int) -> Snapshot:
        draw = torch.Generator().manual_seed(5)
        shape = Architecture(**(vars(architecture(p)) | {"heads": 2, "d_head": 4, "d_vocab_out": classes}))
        sizes = {
            "embed.W_E": (p + 1, 8),
            "pos_embed.W_pos": (3, 8),
            **{f"blocks.0.attn.W_{letter}": (2, 8, 4) for letter in "QKV"},
            "blocks.0.attn.W_O": (2, 4, 8),
            "blocks.0.mlp.W_in": (8, 6),
            "blocks.0.mlp.b_in": (6,),
            "blocks.0.mlp.W_out": (6, 8),
            "blocks.0.mlp.b_out": (8,),
            "unembed.W_U": (8, classes),
            "unembed.b_U": (classes,),
        }
        weights = {name: torch.randn(size, generator=draw, dtype=torch.float64) for name, size in sizes.items()}
        return Snapshot(table(p), shape, weights, 0)

    @pytest.mark.parametrize(("p", "classes"), [(7, 7), (7, 8), (8, 9)])
    def test_logits_are_those_of_the_renamed_numbers(self, p: int, classes: int) -> None:
        """L'[a, b, c] = L[pi a, pi b, pi c], with pi read off the embedding; '=' keeps its row and its column."""
        original = self.random_network(p, classes)
        renamed = original.relabelled(torch.Generator().manual_seed(1))
        pi = [int((original.weights["embed.W_E"] == row).all(1).nonzero()) for row in renamed.weights["embed.W_E"]]
        assert sorted(pi) == list(range(p + 1))
        assert pi[p] == p
        assert pi != sorted(pi)
        L, L2 = original.logits.view(p, p, p), renamed.logits.view(p, p, p)
        index = torch.tensor(pi[:p])
        assert torch.allclose(L2, L[index][:, index][:, :, index], atol=1e-10)
        if classes > p:
            assert torch.equal(renamed.weights["unembed.W_U"][:, p], original.weights["unembed.W_U"][:, p])

    def test_norms_and_the_original_stay(self) -> None:
        original = self.random_network(7, 8)
        before = {name: weight.clone() for name, weight in original.weights.items()}
        renamed = original.relabelled(torch.Generator().manual_seed(1))
        squares = [measured(WeightNorms(), snapshot).headline["by_parameter"] for snapshot in (renamed, original)]
        assert squares[0] == pytest.approx(squares[1], rel=1e-13)
        assert torch.linalg.svdvals(renamed.neuron_logit_map).tolist() == pytest.approx(
            torch.linalg.svdvals(original.neuron_logit_map).tolist(), abs=1e-9
        )
        assert all(torch.equal(weight, before[name]) for name, weight in original.weights.items())

    def test_structure_goes(self) -> None:
        """The cubes are p / 2 of the (p - 1)^2 dimensions in which relabelled cosines lie, so explained is near 1 / (2 p)."""
        p = 59
        original = handmade_snapshot(p, {5: 40.0, 17: 30.0, 29: 30.0})
        assert measured(Loss(), original).headline["accuracy_all"] == 1
        drawn = [original.relabelled(torch.Generator().manual_seed(seed)) for seed in range(4)]
        assert all(measured(Loss(), snapshot).headline["accuracy_all"] < 0.1 for snapshot in drawn)
        assert all(measured(LogitCosines(keys=(5,)), snapshot).headline["explained"] < 0.05 for snapshot in drawn)
        assert len({tuple(snapshot.weights["embed.W_E"][:, 0].tolist()) for snapshot in drawn}) == 4
