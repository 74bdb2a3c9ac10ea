"""Any network as a TransformerLens `HookedRootModule`. Imports the library, so only `module` of a network imports it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from transformer_lens.hook_points import HookPoint
from transformer_lens.HookedRootModule import HookedRootModule

from mechgrok.errors import UserError
from mechgrok.models.forward import plain_forward
from mechgrok.models.forward.dropout import Masks
from mechgrok.models.forward.notes import Note
from mechgrok.models.network import Network
from mechgrok.models.shape import Shape
from mechgrok.models.weights import Weights

Function = Callable[[Weights, Tensor, Note, Masks | None], Tensor]
"""From weights, tokens (batch, pos), the note of activations and the dropout masks to logits (batch, pos, d_vocab_out)."""


class HookedNetwork(HookedRootModule):
    """A function with its weights as parameters, and a hook point for every activation that it notes; `network` describes it."""

    def __init__(self, network: Network | Shape, function: Function, weights: Weights, length: int) -> None:
        super().__init__()
        self.network, self.function = network, function
        self.masks: Masks | None = None
        for name, tensor in weights.items():
            _put(self, name, nn.Parameter(tensor.detach().clone()))
        for name in _activations(function, weights, length):
            _put(self, name, HookPoint())
        self.setup()

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits (batch, pos, d_vocab_out) of tokens (batch, pos); a network that mixes the positions at once has one position."""
        return self.function(dict(self.named_parameters()), tokens, lambda name, value: self.hook_dict[name](value), self.masks)

    def to(self, device_or_dtype: Any, print_details: bool = True) -> HookedNetwork:  # type: ignore[override]
        """The same as a HookedTransformer's, and quiet."""
        moved: HookedNetwork = super().to(device_or_dtype)
        return moved


def hooked_transformer(shape: Shape, weights: Weights) -> HookedNetwork:
    """A transformer with all hook points and positions of a HookedTransformer; positions of registers have no logits."""
    return HookedNetwork(shape, partial(_of_shape, shape), weights, shape.n_ctx)


def _of_shape(shape: Shape, weights: Weights, tokens: Tensor, note: Note, masks: Masks | None) -> Tensor:
    return plain_forward.logits_of_positions(weights, shape, plain_forward.embedded(weights, shape, tokens, note), note, masks)


def hooked(network: Network, weights: Mapping[str, Tensor], shapes: Mapping[str, tuple[int, ...]], length: int) -> HookedNetwork:
    """A module with a copy of these weights, for rows of that length. Raises UserError where they are not of these names and shapes."""
    for name in sorted({*shapes, *weights}):
        if name not in weights:
            raise UserError(f"these weights lack {name}; check that the model is theirs")
        if tuple(weights[name].shape) != shapes.get(name):
            raise UserError(f"these weights hold {name} of shape {tuple(weights[name].shape)}, which this model has not; is it theirs?")
    return HookedNetwork(network, partial(_of_network, network), weights, length)


def _of_network(network: Network, weights: Weights, tokens: Tensor, note: Note, masks: Masks | None) -> Tensor:
    x = note("hook_embed", network.embed(weights, tokens))
    return network.from_embedded(weights, x, note, masks)[:, None]


def _activations(function: Function, weights: Weights, length: int) -> list[str]:
    """The names of the activations of a forward pass."""
    names = []

    def listen(name: str, value: Tensor) -> Tensor:
        names.append(name)
        return value

    with torch.no_grad():
        function(weights, torch.zeros(1, length, dtype=torch.long), listen, None)
    return names


def _put(module: nn.Module, name: str, what: nn.Module | nn.Parameter) -> None:
    """Sets a parameter or a hook point under its dotted name, creating the modules on the way."""
    *path, leaf = name.split(".")
    for step, inner in pairwise([*path, leaf]):
        if not hasattr(module, step):
            module.add_module(step, nn.ModuleList() if inner.isdigit() else nn.Module())
        module = getattr(module, step)
    setattr(module, leaf, what)
