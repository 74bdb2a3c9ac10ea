"""The LSTM as a network: its function of given weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from mechgrok.models.forward.dropout import Masks, drop
from mechgrok.models.forward.notes import Note
from mechgrok.models.network import Network
from mechgrok.models.weights import Weights

if TYPE_CHECKING:
    from mechgrok.models.hooks.hooked_network import HookedNetwork


@dataclass(frozen=True)
class Recurrent(Network):
    """i, f, g, o = W_x x_t + b_x + W_h h + b_h; c = sigmoid(f) c + sigmoid(i) tanh(g); h = sigmoid(o) tanh(c); logits = h W_U + b_U.

    W_x of the first layer, which meets one-hot tokens, is the embedding `embed.W_E` (d_vocab, 4 * d_hidden): input, forget, cell and
    output gate. A cell is no neuron that reads its input once, so there are no neurons.
    """

    layers: int
    length: int
    """Tokens a row."""
    d_hidden: int
    d_vocab: int
    d_vocab_out: int
    dropout: float = 0.0
    """Between layers, in training."""
    heads: int = 0

    @property
    def has_neurons(self) -> bool:
        return False

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Of every parameter."""
        gates = 4 * self.d_hidden
        found: dict[str, tuple[int, ...]] = {"embed.W_E": (self.d_vocab, gates)}
        for layer in range(self.layers):
            module = f"blocks.{layer}.lstm"
            found |= {f"{module}.W_x": (self.d_hidden, gates)} if layer else {}
            found |= {f"{module}.W_h": (self.d_hidden, gates), f"{module}.b_x": (gates,), f"{module}.b_h": (gates,)}
        return found | {"unembed.W_U": (self.d_hidden, self.d_vocab_out), "unembed.b_U": (self.d_vocab_out,)}

    def from_embedded(self, weights: Weights, x: Tensor, note: Note, masks: Masks | None = None) -> Tensor:
        for layer in range(self.layers):
            states = note(f"blocks.{layer}.hook_hidden", self._states(weights, f"blocks.{layer}.lstm", x))
            if layer + 1 < self.layers:
                x = drop(states, self.dropout, masks) @ weights[f"blocks.{layer + 1}.lstm.W_x"]
        return states[:, -1] @ weights["unembed.W_U"] + weights["unembed.b_U"]

    def _states(self, weights: Weights, module: str, x: Tensor) -> Tensor:
        """The state after each token (batch, pos, d_hidden) from what the tokens bring the gates (batch, pos, 4 * d_hidden)."""
        state = cell = x.new_zeros(len(x), self.d_hidden)
        states = []
        for brought in x.unbind(1):
            gates = brought + weights[f"{module}.b_x"] + state @ weights[f"{module}.W_h"] + weights[f"{module}.b_h"]
            into, keep, new, out = gates.chunk(4, dim=1)
            cell = keep.sigmoid() * cell + into.sigmoid() * new.tanh()
            state = out.sigmoid() * cell.tanh()
            states.append(state)
        return torch.stack(states, dim=1)

    def module(self, weights: Weights) -> HookedNetwork:
        from mechgrok.models.hooks.hooked_network import hooked

        return hooked(self, weights, self.shapes, self.length)
