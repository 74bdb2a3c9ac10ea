"""Transformers as modules: the library's where it has every option, else our own with the same parameters and hooks."""

from __future__ import annotations

import copy
import dataclasses
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor

from mechgrok.models.architecture import Architecture
from mechgrok.models.hooks import hooked
from mechgrok.models.hooks.hooked_network import HookedNetwork, hooked_transformer
from mechgrok.models.parameter_shapes import parameter_shapes
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.modular import Modular

if TYPE_CHECKING:
    from transformer_lens.HookedRootModule import HookedRootModule

SHAPE = Architecture(2, 2, 6, 3, 8, 6, 5, 4, "relu", None, False)
TOKENS = torch.tensor([[0, 1, 5], [2, 1, 5], [4, 4, 5], [3, 0, 5]])


def _weights(shape: Architecture = SHAPE) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    sizes = parameter_shapes(shape).items()
    return {name: torch.randn(size, generator=generator, dtype=torch.float64) for name, size in sizes}


def _network(**options: Any) -> HookedRootModule:
    shape = dataclasses.replace(SHAPE, **options)
    return hooked.from_weights(shape, _weights(shape))


def _of_our_own(**options: Any) -> HookedRootModule:
    """One that the library has, too."""
    shape = dataclasses.replace(SHAPE, **options)
    return hooked_transformer(shape, _weights(shape))


LIBRARYS: list[dict[str, Any]] = [
    {"normalization": "LN"},
    {"normalization": "LNPre", "activation": "gelu"},
    {"normalization": "RMS", "activation": "gelu_new", "eps": 1e-2},
    {"normalization": "RMSPre", "activation": "silu", "attention_direction": "bidirectional"},
    {"attn_only": True},
]


OF_THIS_VERSION = [options for options in LIBRARYS if hooked.is_the_librarys(dataclasses.replace(SHAPE, **options))]
"""TransformerLens 4 computes norms other than LN in float32."""


@pytest.mark.parametrize("options", OF_THIS_VERSION, ids=str)
def test_a_module_of_our_own_has_the_librarys_hooks_and_values(options: dict[str, Any]) -> None:
    ours, theirs = _of_our_own(**options), _network(**options)
    assert type(theirs).__name__ == {3: "HookedTransformer", 4: "TransformerBridge"}[hooked.version()]
    (logits, cache), (expected, known) = ours.run_with_cache(TOKENS), theirs.run_with_cache(TOKENS)
    assert set(cache) == set(known) if hooked.version() == 3 else set(cache) < set(known)
    assert torch.allclose(logits, expected, rtol=1e-11, atol=1e-12)
    assert [name for name in cache if not torch.allclose(cache[name], known[name], rtol=1e-10, atol=1e-12)] == []


@pytest.mark.parametrize("options", OF_THIS_VERSION, ids=str)
def test_a_change_at_a_hook_point_does_the_same_in_both(options: dict[str, Any]) -> None:
    ours, theirs = _of_our_own(**options), _network(**options)
    untouched = ours(TOKENS)
    for name in ours.hook_dict:
        hooks = [(name, lambda value, hook: value * torch.linspace(0.5, 2, value.shape[-1]).double())]
        changed, expected = (each.run_with_hooks(TOKENS, fwd_hooks=hooks) for each in (ours, theirs))
        assert torch.allclose(changed, expected, rtol=1e-10, atol=1e-11), name
        assert not torch.allclose(changed, untouched), name


def test_a_trained_module_has_the_parameters_of_a_hooked_transformer() -> None:
    for options in LIBRARYS:
        shape = dataclasses.replace(SHAPE, **options)
        names = [name for name, _ in hooked.trainable(shape, _weights(shape)).named_parameters()]
        assert names == list(parameter_shapes(shape))


@pytest.mark.parametrize("options", OF_THIS_VERSION, ids=str)
def test_what_the_library_has_no_option_for_is_a_module_of_our_own(options: dict[str, Any]) -> None:
    assert not isinstance(_network(**options), HookedNetwork)
    ours: list[dict[str, Any]] = [{"tied": True, "d_vocab_out": 6}, {"registers": 1}, {"positions": "none"}, {"residual": False}]
    assert all(isinstance(_network(**options | each), HookedNetwork) for each in ours)
    other_end = {
        "final_norm": not dataclasses.replace(SHAPE, **options).normalised_end,
        "normalization": options.get("normalization", "post"),
    }
    assert isinstance(_network(**options | other_end), HookedNetwork)


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


def test_the_fast_forward_is_that_of_both_modules_and_of_no_other() -> None:
    for options in ({}, {"attention_coefficient": 0.25, "activation": "quadratic"}):
        shape = dataclasses.replace(SHAPE, **options)
        assert shape.obstacle(hooked.trainable(shape, _weights(shape))) is None
    assert SHAPE.obstacle(_of_our_own()) is None


def test_an_attention_only_network_may_say_quadratic() -> None:
    assert _network(activation="quadratic", attn_only=True)(TOKENS).shape == (4, 3, 5)


def test_a_spec_builds_it() -> None:
    model = Transformer(d_model=8, heads=2, d_mlp=8, attention_coefficient=0.0, activation="quadratic").build(Modular(p=5, layout="a b"))
    cache = model.run_with_cache(torch.tensor([[3, 4]]))[1]
    assert model.embed.W_E.shape == (5, 8)
    assert model.unembed.W_U.shape == (8, 5)
    assert cache["blocks.0.attn.hook_pattern"][0, 0].tolist() == [[1, 0], [1, 1]]
    assert torch.equal(cache["blocks.0.mlp.hook_post"], cache["blocks.0.mlp.hook_pre"].square())
