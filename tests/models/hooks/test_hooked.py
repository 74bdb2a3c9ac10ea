"""What our networks do and the library has no option for: attention mixed with uniform ones, and squared neurons."""

from __future__ import annotations

import copy
import dataclasses
from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor

from mechgrok.models.architecture import Architecture
from mechgrok.models.forward.fast_forward import obstacle
from mechgrok.models.hooks import hooked
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.modular import Modular

if TYPE_CHECKING:
    from transformer_lens import HookedTransformer

SHAPE = Architecture(2, 2, 6, 3, 8, 6, 5, 4, "relu", None, False)
TOKENS = torch.tensor([[0, 1, 5], [2, 1, 5], [4, 4, 5], [3, 0, 5]])


def _weights() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    shapes = {name: parameter.shape for name, parameter in hooked.empty(SHAPE).named_parameters()}
    return {name: torch.randn(shape, generator=generator, dtype=torch.float64) for name, shape in shapes.items()}


def _network(**options: object) -> HookedTransformer:
    return hooked.from_weights(dataclasses.replace(SHAPE, **options), _weights())


@pytest.mark.parametrize("coefficient", [0.0, 0.25, 0.75])
def test_the_first_pattern_is_mixed_with_ones_up_to_the_own_position(coefficient: float) -> None:
    name = "blocks.0.attn.hook_pattern"
    plain, mixed = (_network(attention_coefficient=c).run_with_cache(TOKENS)[1][name] for c in (1.0, coefficient))
    for query in range(3):
        for key in range(3):
            expected = coefficient * plain[:, :, query, key] + 1 - coefficient if key <= query else torch.zeros(4, 2).double()
            assert torch.allclose(mixed[:, :, query, key], expected, atol=1e-15)


def test_at_0_every_token_up_to_the_own_counts_fully() -> None:
    """A sum of values, not their mean."""
    weights = _weights()
    cache = _network(attention_coefficient=0.0).run_with_cache(TOKENS)[1]
    x = weights["embed.W_E"][TOKENS] + weights["pos_embed.W_pos"][:3]
    values = torch.einsum("bpm,hmd->bphd", x, weights["blocks.0.attn.W_V"]) + weights["blocks.0.attn.b_V"]
    out = torch.einsum("bphd,hdm->bpm", values.cumsum(1), weights["blocks.0.attn.W_O"]) + weights["blocks.0.attn.b_O"]
    assert torch.allclose(cache["blocks.0.hook_attn_out"], out, rtol=1e-12)


def test_neurons_are_squared_in_every_layer() -> None:
    cache = _network(activation="quadratic").run_with_cache(TOKENS)[1]
    for layer in range(2):
        pre, post = (cache[f"blocks.{layer}.mlp.hook_{name}"] for name in ("pre", "post"))
        assert torch.equal(post, pre * pre)
        assert (pre < 0).any()


def test_it_is_the_networks_function_and_no_hook() -> None:
    model = _network(attention_coefficient=0.25, activation="quadratic")
    before = model(TOKENS)
    model.reset_hooks(including_permanent=True)
    assert torch.equal(model(TOKENS), before)
    assert torch.equal(copy.deepcopy(model)(TOKENS), before)


def test_the_librarys_config_says_what_the_network_does() -> None:
    model = _network(attention_coefficient=0.25, activation="quadratic")
    assert (model.cfg.act_fn, model.cfg.attention_coefficient) == ("quadratic", 0.25)
    assert obstacle(model.cfg) is None


def test_an_attention_only_network_may_say_quadratic() -> None:
    shape = dataclasses.replace(SHAPE, activation="quadratic", attn_only=True)
    assert hooked.empty(shape)(TOKENS).shape == (4, 3, 5)


def test_an_ordinary_network_is_the_librarys_alone() -> None:
    model = _network()
    assert not any("forward" in vars(module) for module in model.modules())
    assert {block.mlp.act_fn for block in model.blocks} == {torch.nn.functional.relu}


def test_a_spec_builds_it() -> None:
    model = Transformer(d_model=8, heads=2, d_mlp=8, attention_coefficient=0.0, activation="quadratic").build(Modular(p=5, layout="a b"))
    cache = model.run_with_cache(torch.tensor([[3, 4]]))[1]
    assert model.W_E.shape == (5, 8)
    assert model.W_U.shape == (8, 5)
    assert cache["blocks.0.attn.hook_pattern"][0, 0].tolist() == [[1, 0], [1, 1]]
    assert torch.equal(cache["blocks.0.mlp.hook_post"], cache["blocks.0.mlp.hook_pre"].square())
