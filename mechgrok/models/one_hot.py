"""The perceptron that reads its tokens as one-hot vectors side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mechgrok.models.forward.activations import ACTIVATIONS
from mechgrok.models.forward.dropout import Masks, drop
from mechgrok.models.forward.notes import Note
from mechgrok.models.network import Network
from mechgrok.models.options import Activation
from mechgrok.models.weights import Weights
from mechgrok.tasks.task import Task

if TYPE_CHECKING:
    from mechgrok.models.hooks.hooked_network import HookedNetwork


def positions(task: Task) -> dict[str, Any]:
    """The length of a task's rows, which of their positions vary, and which of these hold numbers."""
    inputs = task.inputs()
    read = tuple(np.flatnonzero((inputs != inputs[0]).any(0)).tolist()) or tuple(range(inputs.shape[1]))
    numbers = tuple(i for i, position in enumerate(read) if (inputs[:, position] < task.numbers).any())
    return {"length": inputs.shape[1], "read": read, "numbers": numbers}


@dataclass(frozen=True)
class OneHotMLP(Network):
    """pre_0 = sum over pos of W_E[pos, token] + b_in, post = act(pre), pre_{l+1} = post_l W_in + b_in, logits = scale post W_out + b_out.

    The first matrix, from the one-hot vectors side by side, is a token embedding for each position: `embed.W_E` (pos, d_vocab, d_mlp),
    the positions being those whose token varies. As one matrix over the tokens, for spectra, those that hold numbers stand side by side:
    (d_vocab, pos * d_mlp). W_L is scale W_out.
    """

    layers: int
    length: int
    """Tokens a row."""
    read: tuple[int, ...]
    """The positions that are read; one that always holds the same token, such as '=', is not."""
    numbers: tuple[int, ...]
    """Which of these, counted from 0, hold numbers."""
    widths: tuple[int, ...]
    """Neurons of each layer."""
    d_vocab: int
    d_vocab_out: int
    activation: Activation
    biases: bool
    scale: float = 1.0
    dropout: float = 0.0
    """Of every layer's neurons, in training."""
    heads: int = 0

    @property
    def token_axes(self) -> Mapping[str, int]:
        last = f"blocks.{self.layers - 1}.mlp"
        return {"embed.W_E": 1, f"{last}.W_out": 1, f"{last}.b_out": 0}

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Of every parameter."""
        found: dict[str, tuple[int, ...]] = {"embed.W_E": (len(self.read), self.d_vocab, self.widths[0])}
        for layer, width in enumerate(self.widths):
            found |= {f"blocks.{layer}.mlp.W_in": (self.widths[layer - 1], width)} if layer else {}
            found |= {f"blocks.{layer}.mlp.b_in": (width,)} if self.biases else {}
        found[f"blocks.{self.layers - 1}.mlp.W_out"] = (self.widths[-1], self.d_vocab_out)
        return found | ({f"blocks.{self.layers - 1}.mlp.b_out": (self.d_vocab_out,)} if self.biases else {})

    def embed(self, weights: Weights, tokens: Tensor) -> Tensor:
        x = [weights["embed.W_E"].new_zeros(len(tokens), self.widths[0])] * tokens.shape[1]
        for W_E, position in zip(weights["embed.W_E"], self.read, strict=True):
            x[position] = F.embedding(tokens[:, position], W_E)
        return torch.stack(x, dim=1)

    def from_embedded(self, weights: Weights, x: Tensor, note: Note, masks: Masks | None = None) -> Tensor:
        x = x.sum(1, keepdim=True)
        for layer in range(self.layers):
            module = f"blocks.{layer}.mlp"
            pre = x @ weights[f"{module}.W_in"] if layer else x
            pre = note(f"{module}.hook_pre", pre + weights[f"{module}.b_in"] if self.biases else pre)
            x = drop(note(f"{module}.hook_post", ACTIVATIONS[self.activation](pre)), self.dropout, masks)
        logits = x[:, 0] @ self.unembedding(weights)
        return logits + weights[f"blocks.{self.layers - 1}.mlp.b_out"] if self.biases else logits

    def embedding(self, weights: Weights) -> Tensor:
        return self._of_numbers(weights).transpose(0, 1).flatten(1)

    def with_embedding(self, weights: Weights, embedding: Tensor) -> dict[str, Tensor]:
        changed = weights["embed.W_E"].to(embedding.dtype, copy=True)
        changed[list(self.numbers)] = embedding.unflatten(1, (len(self.numbers), self.widths[0])).transpose(0, 1)
        return {"embed.W_E": changed}

    def unembedding(self, weights: Weights) -> Tensor:
        W_out = weights[f"blocks.{self.layers - 1}.mlp.W_out"]
        return W_out if self.scale == 1 else W_out * self.scale

    def reads_tokens(self, weights: Weights) -> Tensor | None:
        return self._of_numbers(weights) if self.layers == 1 else None

    def _of_numbers(self, weights: Weights) -> Tensor:
        return weights["embed.W_E"][list(self.numbers)]

    def module(self, weights: Weights) -> HookedNetwork:
        from mechgrok.models.hooks.hooked_network import hooked

        return hooked(self, weights, self.shapes, self.length)
