"""The transformer's sizes and options, and what can be computed from these and its weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mechgrok.models.network import NOTHING, Network

if TYPE_CHECKING:
    from torch import Tensor
    from transformer_lens import HookedTransformer

    from mechgrok.models.forward.dropout import Masks
    from mechgrok.models.forward.notes import Note
    from mechgrok.models.forward.tables import Batch
    from mechgrok.models.network import Weights

Normalization = Literal["LN", "LNPre", "post", "post-unbiased"]


@dataclass(frozen=True)
class Architecture(Network):
    """The sizes and options of a decoder-only transformer with causal attention.

    Scores are divided by sqrt(d_head); `heads * d_head` need not be `d_model`; without an MLP (`attn_only`) `d_mlp` means nothing.
    """

    layers: int
    heads: int
    d_model: int
    d_head: int
    d_mlp: int
    d_vocab: int
    d_vocab_out: int
    n_ctx: int
    activation: Literal["relu", "gelu", "quadratic"]
    normalization: Normalization | None
    attn_only: bool
    eps: float = 1e-5
    attention_coefficient: float = 1.0
    """c in 0 .. 1: every weight of a pattern, of the positions that a query sees, becomes c * weight + 1 - c."""
    positions: Literal["learned", "none", "sinusoidal"] = "learned"
    softmax: Literal["softmax", "softmax1"] = "softmax"
    """softmax1: exp(s_i) / (1 + sum_j exp(s_j))."""
    registers: int = 0
    """Learned vectors behind the tokens that see, and are seen from, every position."""
    tied: bool = False
    """Whether W_U is the transpose of W_E."""
    residual: bool = True
    """Whether what goes into attention and MLP is added to what comes out."""
    pooling: Literal["last", "mean"] = "last"
    """What is read: the last position, or the mean over all of them."""
    dropout: float = 0.0
    """Of what the MLP writes, in training."""

    @property
    def has_neurons(self) -> bool:
        return not self.attn_only

    @property
    def pre_norm(self) -> bool:
        """Whether there is a LayerNorm before attention, MLP and unembedding."""
        return self.normalization in ("LN", "LNPre")

    @property
    def post_norm(self) -> bool:
        """Whether there is a LayerNorm after each addition."""
        return self.normalization in ("post", "post-unbiased")

    @property
    def nonlinear_readout(self) -> str | None:
        if self.normalization is not None:
            return "the final LayerNorm makes the logits no linear function of the neurons"
        return "the logits are read off the mean over the positions, not off the last one's neurons" if self.pooling == "mean" else None

    @property
    def reads_shorter_rows(self) -> bool:
        return self.registers == 0

    @property
    def shares_rows(self) -> bool:
        """Whether rows of a table share what happens before the last position; deep registers see, and hand on, every token."""
        return self.registers == 0 or self.layers == 1

    def embed(self, weights: Weights, tokens: Tensor) -> Tensor:
        from mechgrok.models.forward import plain_forward

        return plain_forward.residual(weights, self, tokens)

    def from_embedded(self, weights: Weights, x: Tensor, note: Note, masks: Masks | None = None) -> Tensor:
        from mechgrok.models.forward import plain_forward

        return plain_forward.logits(weights, self, x, note=note, masks=masks)

    def forward(
        self, weights: Weights, batch: Batch, keep: frozenset[str] = NOTHING, masks: Masks | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        from mechgrok.models.forward import fast_forward, lengths

        if batch.parts:
            return lengths.forward(self, weights, batch, keep, masks)
        if not self.shares_rows or (masks is not None and self.dropout):
            return super().forward(weights, batch, keep, masks)
        return fast_forward.forward(weights, self, batch, keep)

    def embedding(self, weights: Weights) -> Tensor:
        return weights["embed.W_E"]

    def with_embedding(self, weights: Weights, embedding: Tensor) -> dict[str, Tensor]:
        return {"embed.W_E": embedding}

    def unembedding(self, weights: Weights) -> Tensor:
        return weights["embed.W_E"].T if self.tied else weights["unembed.W_U"]

    def position(self, weights: Weights) -> Tensor:
        """What is added to the tokens of each position (n_ctx, d_model)."""
        from mechgrok.models.forward.positions import sinusoids

        if self.positions == "learned":
            return weights["pos_embed.W_pos"]
        like = weights["embed.W_E"]
        return sinusoids(self.n_ctx, self.d_model, like) if self.positions == "sinusoidal" else like.new_zeros(self.n_ctx, self.d_model)

    def neuron_logit_map(self, weights: Weights) -> Tensor:
        return weights[f"blocks.{self.layers - 1}.mlp.W_out"] @ self.unembedding(weights)

    def module(self, weights: Weights) -> HookedTransformer:
        from mechgrok.models.hooks import hooked

        return hooked.from_weights(self, weights)

    def obstacle(self, model: Any) -> str | None:
        from mechgrok.models.forward import fast_forward

        return fast_forward.obstacle(model.cfg)
