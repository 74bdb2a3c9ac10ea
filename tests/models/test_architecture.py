"""Facts about transformers that measures rely on: where the logits are linear in the neurons, and which rows are shared."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from mechgrok.models.architecture import Architecture
from mechgrok.models.forward.tables import Batch
from mechgrok.models.parameter_shapes import parameter_shapes

TOKENS = torch.tensor([[0, 1, 5], [2, 1, 5], [4, 4, 5], [3, 0, 5]])


def _made(**options: Any) -> tuple[Architecture, dict[str, torch.Tensor]]:
    kinds: dict[str, Any] = {"activation": "tanh", "normalization": None, "attn_only": False}
    sizes = {"layers": 2, "heads": 2, "d_model": 6, "d_head": 3, "d_mlp": 8, "d_vocab": 6, "d_vocab_out": 5, "n_ctx": 3}
    shape, generator = Architecture(**(sizes | kinds | options)), torch.Generator().manual_seed(0)
    return shape, {name: torch.randn(size, generator=generator, dtype=torch.float64) for name, size in parameter_shapes(shape).items()}


@pytest.mark.parametrize("kind", [None, "LN", "LNPre", "RMS", "RMSPre", "post", "post-unbiased", "postRMS"])
@pytest.mark.parametrize("final", [None, False, True])
def test_the_readout_is_called_linear_exactly_where_it_is(kind: Any, final: bool | None) -> None:
    shape, weights = _made(normalization=kind, final_norm=final)
    name = "blocks.1.mlp.hook_post"
    module = shape.module(weights)
    before, neurons = module(TOKENS)[:, -1], module.run_with_cache(TOKENS)[1][name][:, -1]
    without = module.run_with_hooks(TOKENS, fwd_hooks=[(name, lambda value, hook: value * 0)])[:, -1]
    linear = torch.allclose(before - without, neurons @ shape.neuron_logit_map(weights), rtol=1e-9, atol=1e-10)
    assert linear == (shape.nonlinear_readout is None)


@pytest.mark.parametrize(("layers", "pooling"), [(1, "last"), (1, "mean"), (2, "last"), (2, "mean")])
def test_attention_in_both_directions_differs_from_causal_where_rows_are_not_shared(layers: int, pooling: Any) -> None:
    both, weights = _made(layers=layers, pooling=pooling, attention_direction="bidirectional")
    causal, _ = _made(layers=layers, pooling=pooling)
    same = torch.allclose(both.logits(weights, Batch.of(TOKENS)), causal.logits(weights, Batch.of(TOKENS)))
    assert same == both.shares_rows
    assert causal.shares_rows
