"""Networks as TransformerLens' `HookedTransformer`: the library is imported here alone, and only when a module is built."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.models.shape import Shape

if TYPE_CHECKING:
    from transformer_lens import HookedTransformer

_BUFFERS = ("mask", "IGNORE")


def empty(shape: Shape, dtype: torch.dtype = torch.float32) -> HookedTransformer:
    """A network on the CPU whose matrices hold anything; biases are 0 and LayerNorm weights 1.

    What the library has no option for is done by its own modules here, not by hooks, so that resetting hooks keeps the function.
    """
    from transformer_lens import HookedTransformer, HookedTransformerConfig

    from mechgrok.models.hooks import adapted

    config = HookedTransformerConfig(
        n_layers=shape.layers,
        n_heads=shape.heads,
        d_model=shape.d_model,
        d_head=shape.d_head,
        d_mlp=shape.d_mlp,
        d_vocab=shape.d_vocab,
        d_vocab_out=shape.d_vocab_out,
        n_ctx=shape.n_ctx,
        act_fn="relu" if shape.activation == "quadratic" else shape.activation,
        normalization_type=shape.normalization if shape.pre_norm else None,
        attn_only=shape.attn_only,
        eps=shape.eps,
        use_attention_sinks=shape.softmax == "softmax1",
        init_weights=False,
        device="cpu",
        dtype=dtype,
    )
    model = adapted.WithRegisters(config) if shape.registers else HookedTransformer(config)
    if adapted.own_blocks(shape):
        for layer in range(shape.layers):
            model.blocks[layer] = adapted.Block(model.cfg, layer, shape)
    adapted.adapt(model, shape)
    if shape.activation == "quadratic":
        _square(model)
    if shape.attention_coefficient != 1:
        _mix(model, shape.attention_coefficient, shape.registers)
    return model


def _square(model: HookedTransformer) -> None:
    """Gives the neurons of a network the activation x^2."""
    model.cfg.act_fn = "quadratic"
    for block in model.blocks:
        if not model.cfg.attn_only:
            block.mlp.act_fn = torch.square


def _mix(model: HookedTransformer, coefficient: float, registers: int) -> None:
    """Mixes the attention patterns of a network with uniform ones; `hook_pattern` shows them mixed."""
    model.cfg.attention_coefficient = coefficient  # type: ignore[attr-defined]
    for block in model.blocks:
        block.attn.hook_pattern.forward = partial(_mixed, coefficient=coefficient, registers=registers)  # type: ignore[method-assign]


def _mixed(pattern: Tensor, coefficient: float, registers: int) -> Tensor:
    """c w + 1 - c for the weights w of what the query sees, 0 for later positions: (batch, head, query, key)."""
    queries, keys = pattern.shape[-2:]
    visible = pattern.new_ones(queries, keys).tril(keys - queries)
    visible[:, keys - registers :] = 1
    visible[queries - registers :] = 1
    return pattern * coefficient + (1 - coefficient) * visible


def from_weights(shape: Shape, weights: Mapping[str, Tensor]) -> HookedTransformer:
    """A network with a copy of these weights by their TransformerLens names, on the CPU in the dtype of W_E.

    Biases may be missing and are 0. Raises UserError where other parameters are missing or the names of some weights are unknown.
    """
    model = empty(shape, weights["embed.W_E"].dtype)
    given = {name: tensor for name, tensor in weights.items() if name.rpartition(".")[2] not in _BUFFERS}
    missing, unknown = model.load_state_dict(given, strict=False)
    _refuse("lack", [name for name in missing if not _may_be_missing(name)])
    _refuse("hold unknown parameters", unknown)
    return model


def _may_be_missing(name: str) -> bool:
    leaf = name.rpartition(".")[2]
    return leaf in _BUFFERS or leaf == "b" or leaf.startswith("b_")


def _refuse(verb: str, names: list[str]) -> None:
    if names:
        raise UserError(f"these weights {verb} {', '.join(names)}; check that the architecture is theirs")
