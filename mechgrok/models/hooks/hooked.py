"""Transformers as modules with TransformerLens' names and hook points. The library is imported only when a module is built."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING

from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.models.parameter_shapes import blank_weights, is_bias
from mechgrok.models.shape import Shape

if TYPE_CHECKING:
    from transformer_lens.HookedRootModule import HookedRootModule

_BUFFERS = ("mask", "IGNORE")
_ACTIVATIONS = ("relu", "gelu", "gelu_new", "silu")
_NORMS = {3: (None, "LN", "LNPre", "RMS", "RMSPre"), 4: (None, "LN")}
"""By version of the library. That of 4 computes the other norms in float32 always."""


def from_weights(shape: Shape, weights: Mapping[str, Tensor]) -> HookedRootModule:
    """A network with a copy of these weights by their TransformerLens names, on the CPU in the dtype of W_E.

    Where the library has every option of the network it is the library's, a HookedTransformer of TransformerLens 3 or a TransformerBridge
    of 4, else one of our own with the same hook points. Biases may be missing and are 0. Raises UserError where other parameters are
    missing or the names of some weights are unknown.
    """
    if not is_the_librarys(shape):
        return of_our_own(shape, weights)
    from mechgrok.models.hooks import library

    given = complete(shape, weights)
    return library.hooked_transformer(shape, given) if version() == 3 else library.bridge(shape, given)


def trainable(shape: Shape, weights: Mapping[str, Tensor]) -> HookedRootModule:
    """The same with parameters of these names, which those of a TransformerBridge have not: a module of our own with TransformerLens 4."""
    return from_weights(shape, weights) if version() == 3 else of_our_own(shape, weights)


def of_our_own(shape: Shape, weights: Mapping[str, Tensor]) -> HookedRootModule:
    """The same as a module of our own."""
    from mechgrok.models.hooks.hooked_network import hooked_transformer

    return hooked_transformer(shape, complete(shape, weights))


@cache
def version() -> int:
    """Of TransformerLens: 3, or 4 for all later ones."""
    return min(4, max(3, int(metadata.version("transformer-lens").split(".")[0])))


def is_the_librarys(shape: Shape) -> bool:
    """Whether TransformerLens has an option for every part of the function."""
    common = shape.normalization in _NORMS[version()] and shape.normalised_end == shape.pre_norm
    common = common and (shape.attn_only or shape.activation in _ACTIVATIONS)
    plain = shape.residual and not shape.gated and not shape.tied and shape.pooling == "last" and not shape.dropout
    return common and plain and _attends_plainly(shape)


def _attends_plainly(shape: Shape) -> bool:
    return shape.positions == "learned" and shape.softmax == "softmax" and not shape.registers and shape.attention_coefficient == 1


def complete(shape: Shape, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
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
