"""The perceptron on its tokens' embeddings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from mechgrok.models.forward.activations import ACTIVATIONS
from mechgrok.models.forward.dropout import Masks
from mechgrok.models.forward.notes import Note
from mechgrok.models.network import Network
from mechgrok.models.options import Activation
from mechgrok.models.weights import Weights

if TYPE_CHECKING:
    from mechgrok.models.hooks.hooked_network import HookedNetwork


@dataclass(frozen=True)
class EmbeddingPerceptron(Network):
    """pre_0 = x W_in + b_in, post = act(pre), pre_{l+1} = post_l W_in + b_in, logits = (post W_out + b_out) W_U + b_U.

    x is the sum of the embeddings of a row's tokens, or these side by side. With `separate` embeddings `embed.W_E` is (pos, d_vocab,
    d_emb); as one matrix over the tokens, for spectra, those of the positions with numbers stand side by side: (d_vocab, pos * d_emb).
    """

    layers: int
    length: int
    """Tokens a row."""
    numbers: tuple[int, ...]
    """The positions that hold numbers."""
    d_emb: int
    widths: tuple[int, ...]
    """Neurons of each layer."""
    d_vocab: int
    d_vocab_out: int
    activation: Activation
    combine: Literal["sum", "concatenate"] = "sum"
    separate: bool = False
    """Whether each position has an embedding of its own."""
    biases: bool = False
    unembedding_width: int | None = None
    """Columns of W_out, which W_U follows; None: W_out gives the logits."""
    heads: int = 0

    @property
    def token_axes(self) -> Mapping[str, int]:
        ends = {"unembed.W_U": 1, "unembed.b_U": 0}
        if self.unembedding_width is None:
            ends = {f"{self._last}.W_out": 1, f"{self._last}.b_out": 0}
        return {"embed.W_E": int(self.separate), **ends}

    @property
    def _last(self) -> str:
        return f"blocks.{self.layers - 1}.mlp"

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Of every parameter, in the order of the function."""
        places = (self.length,) if self.separate else ()
        found: dict[str, tuple[int, ...]] = {"embed.W_E": (*places, self.d_vocab, self.d_emb)}
        entering = self.d_emb * (self.length if self.combine == "concatenate" else 1)
        for layer, (into, out) in enumerate(pairwise((entering, *self.widths))):
            found |= self._map(f"blocks.{layer}.mlp", "in", into, out)
        found |= self._map(self._last, "out", self.widths[-1], self.unembedding_width or self.d_vocab_out)
        return found | (self._map("unembed", "U", self.unembedding_width, self.d_vocab_out) if self.unembedding_width else {})

    def _map(self, module: str, name: str, into: int, out: int) -> dict[str, tuple[int, ...]]:
        return {f"{module}.W_{name}": (into, out)} | ({f"{module}.b_{name}": (out,)} if self.biases else {})

    def embed(self, weights: Weights, tokens: Tensor) -> Tensor:
        if not self.separate:
            return super().embed(weights, tokens)
        return torch.stack([W_E[column] for W_E, column in zip(weights["embed.W_E"], tokens.T, strict=True)], dim=1)

    def from_embedded(self, weights: Weights, x: Tensor, note: Note, masks: Masks | None = None) -> Tensor:
        x = x.sum(1, keepdim=True) if self.combine == "sum" else x.flatten(1)[:, None]
        for layer in range(self.layers):
            module = f"blocks.{layer}.mlp"
            x = note(
                f"{module}.hook_post", ACTIVATIONS[self.activation](note(f"{module}.hook_pre", _mapped(weights, f"{module}.{{}}_in", x)))
            )
        out = note(f"blocks.{self.layers - 1}.hook_mlp_out", _mapped(weights, f"{self._last}.{{}}_out", x))
        return (out if self.unembedding_width is None else _mapped(weights, "unembed.{}_U", out))[:, 0]

    def embedding(self, weights: Weights) -> Tensor:
        W_E = weights["embed.W_E"]
        return W_E[list(self.numbers)].transpose(0, 1).flatten(1) if self.separate else W_E

    def with_embedding(self, weights: Weights, embedding: Tensor) -> dict[str, Tensor]:
        if not self.separate:
            return super().with_embedding(weights, embedding)
        changed = weights["embed.W_E"].to(embedding.dtype, copy=True)
        changed[list(self.numbers)] = embedding.unflatten(1, (len(self.numbers), self.d_emb)).transpose(0, 1)
        return {"embed.W_E": changed}

    def unembedding(self, weights: Weights) -> Tensor:
        return weights[f"{self._last}.W_out" if self.unembedding_width is None else "unembed.W_U"]

    def neuron_logit_map(self, weights: Weights) -> Tensor:
        W_out = weights[f"{self._last}.W_out"]
        return W_out if self.unembedding_width is None else W_out @ weights["unembed.W_U"]

    def module(self, weights: Weights) -> HookedNetwork:
        from mechgrok.models.hooks.hooked_network import hooked

        return hooked(self, weights, self.shapes, self.length)


def _mapped(weights: Weights, name: str, x: Tensor) -> Tensor:
    """x W + b, with b where there is one; `name` has a gap for the letter."""
    bias = weights.get(name.format("b"))
    return x @ weights[name.format("W")] if bias is None else x @ weights[name.format("W")] + bias
