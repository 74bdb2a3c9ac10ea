"""Transformers as modules with TransformerLens' names and hook points. The library is imported only when a module is built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.models.parameter_shapes import blank_weights, is_bias
from mechgrok.models.shape import Shape

if TYPE_CHECKING:
    from transformer_lens import HookedTransformer
    from transformer_lens.HookedRootModule import HookedRootModule

_BUFFERS = ("mask", "IGNORE")
_ACTIVATIONS = ("relu", "gelu", "gelu_new", "silu")
_NORMS = (None, "LN", "LNPre", "RMS", "RMSPre")


def from_weights(shape: Shape, weights: Mapping[str, Tensor]) -> HookedRootModule:
    """A network with a copy of these weights by their TransformerLens names, on the CPU in the dtype of W_E.

    It is the library's where the library has every option of the network, else one of our own with the same hook points. Biases may be
    missing and are 0. Raises UserError where other parameters are missing or the names of some weights are unknown.
    """
    given = _complete(shape, weights)
    if is_the_librarys(shape):
        model = _of_the_library(shape, given["embed.W_E"].dtype)
        model.load_state_dict(given, strict=False)
        return model
    from mechgrok.models.hooks.hooked_network import hooked_transformer

    return hooked_transformer(shape, given)


def is_the_librarys(shape: Shape) -> bool:
    """Whether TransformerLens has an option for every part of the function."""
    common = shape.normalization in _NORMS and shape.normalised_end == shape.pre_norm
    common = common and (shape.attn_only or shape.activation in _ACTIVATIONS)
    plain = shape.residual and not shape.tied and shape.pooling == "last" and not shape.dropout
    return common and plain and _attends_plainly(shape)


def _attends_plainly(shape: Shape) -> bool:
    return shape.positions == "learned" and shape.softmax == "softmax" and not shape.registers and shape.attention_coefficient == 1


def _of_the_library(shape: Shape, dtype: torch.dtype) -> HookedTransformer:
    from transformer_lens import HookedTransformer, HookedTransformerConfig

    config = HookedTransformerConfig(
        n_layers=shape.layers,
        n_heads=shape.heads,
        d_model=shape.d_model,
        d_head=shape.d_head,
        d_mlp=shape.d_mlp,
        d_vocab=shape.d_vocab,
        d_vocab_out=shape.d_vocab_out,
        n_ctx=shape.n_ctx,
        act_fn=shape.activation if shape.activation in _ACTIVATIONS else "relu",
        normalization_type=shape.normalization,
        attention_dir=shape.attention_direction,
        attn_only=shape.attn_only,
        eps=shape.eps,
        init_weights=False,
        device="cpu",
        dtype=dtype,
    )
    return HookedTransformer(config)


def _complete(shape: Shape, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights with all biases, without buffers."""
    blank = blank_weights(shape, weights["embed.W_E"].dtype)
    given = {name: tensor for name, tensor in weights.items() if name.rpartition(".")[2] not in _BUFFERS}
    _refuse("lack", [name for name in blank if name not in given and not is_bias(name)])
    _refuse("hold unknown parameters", [name for name in given if name not in blank])
    _refuse("hold, in another shape,", [name for name in given if given[name].shape != blank[name].shape])
    return {name: given.get(name, tensor) for name, tensor in blank.items()}


def _refuse(verb: str, names: list[str]) -> None:
    if names:
        raise UserError(f"these weights {verb} {', '.join(names)}; check that the architecture is theirs")
