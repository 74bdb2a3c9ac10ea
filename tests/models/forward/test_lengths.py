"""Rows of several lengths: each as if it were alone and nothing followed it, against the library's network."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from mechgrok.models.forward import module_forward
from mechgrok.models.forward.tables import Batch
from mechgrok.models.hooks import hooked
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.modular import Modular

ROWS = [[0, 4, 5], [6, 2, -1], [3, -1, -1], [1, 1, 5], [6, 0, -1]]
TOKENS = torch.tensor(ROWS)
TASK = Modular(p=6)
MODELS = {
    "two layers of attention": Transformer(
        layers=2, d_model=16, heads=2, attn_only=True, normalization="LN", biases="all", init="transformer_lens"
    ),
    "one layer": Transformer(d_model=16, heads=2, d_mlp=8),
    "mean over positions": Transformer(layers=2, d_model=16, heads=2, d_mlp=8, pooling="mean"),
}


def double(name: str) -> Any:
    """In float64 throughout, LayerNorm included."""
    weights = MODELS[name].initial(TASK)
    return hooked.trainable(MODELS[name].architecture(TASK), {name: each.double() for name, each in weights.items()})


@pytest.mark.parametrize("name", MODELS)
class TestRows:
    def one_at_a_time(self, name: str) -> tuple[dict[str, Tensor], Tensor, list[Tensor]]:
        """Weights, logits and the last layer's patterns of every row, from the library."""
        model = double(name)
        logits, patterns = [], []
        for row in ROWS:
            out, cache = model.run_with_cache(torch.tensor([[token for token in row if token >= 0]]))
            logits.append(out[0, -1])
            patterns.append(cache[f"blocks.{MODELS[name].layers - 1}.attn.hook_pattern"][0, :, -1])
        return dict(model.named_parameters()), torch.stack(logits), patterns

    def test_logits_are_those_of_the_row_alone(self, name: str) -> None:
        weights, expected, _ = self.one_at_a_time(name)
        torch.testing.assert_close(MODELS[name].architecture(TASK).logits(weights, Batch.of(TOKENS)), expected, rtol=1e-9, atol=1e-12)

    def test_gradients_too(self, name: str) -> None:
        weights, expected, _ = self.one_at_a_time(name)
        parameters = [each for each in weights.values() if each.requires_grad]
        wanted = torch.autograd.grad(expected.square().sum(), parameters)
        ours = MODELS[name].architecture(TASK).logits(weights, Batch.of(TOKENS))
        found = torch.autograd.grad(ours.square().sum(), parameters)
        for one, other in zip(found, wanted, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-8, atol=1e-11)

    def test_nothing_is_attended_to_after_the_end(self, name: str) -> None:
        if name == "mean over positions":
            pytest.skip("a pattern at the last position alone is not what it reads")
        weights, _, expected = self.one_at_a_time(name)
        pattern = f"blocks.{MODELS[name].layers - 1}.attn.hook_pattern"
        _, kept = MODELS[name].architecture(TASK).forward(weights, Batch.of(TOKENS), frozenset({pattern}))
        for row, alone in zip(kept[pattern], expected, strict=True):
            torch.testing.assert_close(row[:, : alone.shape[1]], alone, rtol=1e-9, atol=1e-12)
            assert not row[:, alone.shape[1] :].any()

    def test_the_modules_own_forward_reads_them_so(self, name: str) -> None:
        _, expected, _ = self.one_at_a_time(name)
        torch.testing.assert_close(module_forward.logits(double(name), TOKENS), expected, rtol=1e-9, atol=1e-12)
