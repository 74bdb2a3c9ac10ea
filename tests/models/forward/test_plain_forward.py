"""The plain forward pass is the module's function of its residual stream, the fast one's of the tokens, and torch's own modules'."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch
import torch_transformer
from hypothesis import given, settings
from random_networks import Network, networks
from torch import Tensor

from mechgrok.models.architecture import Architecture
from mechgrok.models.forward.fast_forward import Batch
from mechgrok.models.forward.plain_forward import logits, residual


def close(ours: Tensor, theirs: Tensor) -> bool:
    return bool((ours - theirs).abs().max() <= 1e-10 * theirs.abs().max() + 1e-13)


@settings(max_examples=200, deadline=None)
@given(network=networks())
@pytest.mark.long
def test_torchs_modules_give_the_same_logits(network: Network) -> None:
    shape, weights = network.shape, network.weights
    expected = torch_transformer.logits(shape, weights, network.tokens)
    scale = float(expected.abs().max())
    for found in (logits(weights, shape, residual(weights, shape, network.tokens)), shape.logits(weights, Batch.of(network.tokens))):
        assert float((found - expected).abs().max()) <= 1e-12 * max(1.0, scale)


@settings(max_examples=60, deadline=None)
@given(network=networks())
@pytest.mark.long
def test_logits_and_the_gradient_of_the_stream_agree(network: Network) -> None:
    model = network.model()
    weights = {name: tensor.detach() for name, tensor in model.named_parameters()}
    x = residual(weights, network.shape, network.tokens).requires_grad_()
    ours = logits(weights, network.shape, x)
    seen: list[Tensor] = []
    theirs = model.run_with_hooks(network.tokens, fwd_hooks=[("blocks.0.hook_resid_pre", lambda value, hook: seen.append(value))])
    assert close(ours, theirs[:, -1])
    assert close(ours, network.shape.logits(weights, Batch.of(network.tokens)))
    upstream = torch.randn(ours.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    (found,) = torch.autograd.grad((ours * upstream).sum(), x)
    (expected,) = torch.autograd.grad((theirs[:, -1] * upstream).sum(), seen[0])
    expected = expected[:, : x.shape[1]]  # without registers
    scale = float(expected.abs().max())
    assert float((found - expected).abs().max()) <= 1e-9 * scale + 1e-12


def test_a_pattern_of_ones_adds_up_what_is_visible() -> None:
    """With coefficient 0 every head gives the sum of the values; with 1/4 a quarter of the softmax and three quarters of that sum."""
    draw = torch.Generator().manual_seed(0)
    sizes = {"embed.W_E": (5, 4), "pos_embed.W_pos": (2, 4), "blocks.0.attn.W_O": (2, 3, 4), "unembed.W_U": (4, 5)}
    sizes |= {f"blocks.0.attn.W_{letter}": (2, 4, 3) for letter in "QKV"}
    weights = {name: torch.randn(size, generator=draw, dtype=torch.float64) for name, size in sizes.items()}
    sizes_of = Architecture(1, 2, 4, 3, 1, 5, 5, 2, "relu", None, True)
    x = residual(weights, sizes_of, torch.tensor([[0, 1], [3, 3]]))
    values = torch.einsum("bpd,hde->bhpe", x, weights["blocks.0.attn.W_V"])
    query = torch.einsum("bd,hde->bhe", x[:, -1], weights["blocks.0.attn.W_Q"])
    keys = torch.einsum("bpd,hde->bhpe", x, weights["blocks.0.attn.W_K"])
    pattern = (torch.einsum("bhe,bhpe->bhp", query, keys) / math.sqrt(3)).softmax(-1)
    for coefficient in (0.0, 0.25):
        shape = dataclasses.replace(sizes_of, attention_coefficient=coefficient)
        mixed = torch.einsum("bhp,bhpe->bhe", coefficient * pattern + 1 - coefficient, values)
        expected = (x[:, -1] + torch.einsum("bhe,hed->bd", mixed, weights["blocks.0.attn.W_O"])) @ weights["unembed.W_U"]
        assert torch.allclose(logits(weights, shape, x), expected, atol=1e-12)


def test_quadratic_neurons_are_squares() -> None:
    """One residual coordinate x, no attention: logit = x + x^2 for unit weights."""
    one = torch.ones(1, 1, dtype=torch.float64)
    weights = {f"blocks.0.attn.W_{letter}": torch.zeros(1, 1, 1, dtype=torch.float64) for letter in "QKVO"}
    weights |= {"blocks.0.mlp.W_in": one, "blocks.0.mlp.W_out": one, "unembed.W_U": one}
    shape = Architecture(1, 1, 1, 1, 1, 3, 1, 2, "quadratic", None, False)
    x = torch.tensor([[[7.0], [-3.0]]], dtype=torch.float64)
    assert logits(weights, shape, x).tolist() == [[6.0]]
