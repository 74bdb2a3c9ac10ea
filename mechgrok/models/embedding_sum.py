"""The perceptron on the sum of its tokens' embeddings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from torch import Tensor

from mechgrok.models.forward.activations import ACTIVATIONS
from mechgrok.models.forward.dropout import Masks
from mechgrok.models.forward.notes import Note
from mechgrok.models.network import Network
from mechgrok.models.weights import Weights

if TYPE_CHECKING:
    from mechgrok.models.hooks.hooked_network import HookedNetwork


@dataclass(frozen=True)
class EmbeddingSum(Network):
    """pre_0 = sum over pos of W_E[token] W_in, post = act(pre), pre_{l+1} = post_l W_in, logits = post W_out W_U."""

    layers: int
    length: int
    """Tokens a row."""
    d_emb: int
    d_mlp: int
    d_vocab: int
    d_vocab_out: int
    activation: Literal["relu", "gelu", "quadratic"]
    heads: int = 0

    @property
    def shapes(self) -> Mapping[str, tuple[int, int]]:
        """Of every parameter, in the order of the function."""
        hidden = {f"blocks.{layer}.mlp.W_in": (self.d_mlp if layer else self.d_emb, self.d_mlp) for layer in range(self.layers)}
        out = {f"blocks.{self.layers - 1}.mlp.W_out": (self.d_mlp, self.d_emb), "unembed.W_U": (self.d_emb, self.d_vocab_out)}
        return {"embed.W_E": (self.d_vocab, self.d_emb), **hidden, **out}

    def from_embedded(self, weights: Weights, x: Tensor, note: Note, masks: Masks | None = None) -> Tensor:
        x = x.sum(1, keepdim=True)
        for layer in range(self.layers):
            module = f"blocks.{layer}.mlp"
            x = note(f"{module}.hook_post", ACTIVATIONS[self.activation](note(f"{module}.hook_pre", x @ weights[f"{module}.W_in"])))
        out = note(f"blocks.{self.layers - 1}.hook_mlp_out", x @ weights[f"blocks.{self.layers - 1}.mlp.W_out"])
        return out[:, 0] @ weights["unembed.W_U"]

    def neuron_logit_map(self, weights: Weights) -> Tensor:
        return weights[f"blocks.{self.layers - 1}.mlp.W_out"] @ weights["unembed.W_U"]

    def module(self, weights: Weights) -> HookedNetwork:
        from mechgrok.models.hooks.hooked_network import hooked

        return hooked(self, weights, self.shapes, self.length)
