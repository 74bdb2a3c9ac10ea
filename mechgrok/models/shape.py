"""The description of a transformer: its sizes and options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from mechgrok.models.forward.positions import sinusoids
from mechgrok.models.options import Activation, Normalization, Positions
from mechgrok.models.weights import Weights


@dataclass(frozen=True)
class Shape:
    """The sizes and options of a transformer that reads one position, and the matrices that follow from them and its weights.

    Scores are divided by sqrt(d_head), and `heads * d_head` need not be `d_model`. Without an MLP (`attn_only`) `d_mlp` has no effect.

    Attributes
    ----------
    layers, heads : int
        Blocks, and attention heads a block.
    d_model, d_head, d_mlp : int
        Widths of the residual stream, of a head, and of the neurons of a block.
    d_vocab, d_vocab_out : int
        Tokens and classes.
    n_ctx : int
        Positions that have an embedding.
    activation : Activation
        Activation function of the neurons, by its name in `mechgrok.models.options`.
    normalization : Normalization or None
        LayerNorm or RMSNorm before attention, MLP and unembedding (LN, LNPre, RMS, RMSPre), or after each addition (post, ...).
    attn_only : bool
        Whether the blocks have no MLP.

    Examples
    --------
    >>> from mechgrok.models.shape import Shape
    >>> shape = Shape(layers=1, heads=2, d_model=4, d_head=2, d_mlp=8, d_vocab=12, d_vocab_out=11, n_ctx=3,
    ...               activation="relu", normalization=None, attn_only=False, tied=True)
    >>> shape.unembedding({"embed.W_E": torch.zeros(12, 4)}).shape
    torch.Size([4, 12])
    """

    layers: int
    heads: int
    d_model: int
    d_head: int
    d_mlp: int
    d_vocab: int
    d_vocab_out: int
    n_ctx: int
    activation: Activation
    normalization: Normalization | None
    attn_only: bool
    eps: float = 1e-5
    """Of the norms."""
    final_norm: bool | None = None
    """Whether there is a norm of that kind, `ln_final`, before the unembedding; None: where norms come before attention and MLP."""
    attention_direction: Literal["causal", "bidirectional"] = "causal"
    """Whether a position attends to those up to its own, or to all."""
    attention_coefficient: float = 1.0
    """c in 0 .. 1: every attention weight w at the positions that a query sees becomes c w + 1 - c."""
    positions: Positions = "learned"
    """W_pos, nothing, or fixed sines and cosines are added to the token embeddings; rotary: queries and keys are rotated instead; alibi:
    scores are lowered in proportion to the distance, see `distance_penalties`."""
    rotary_base: float = 10000.0
    """Entries i and i + d_head / 2 of queries and keys are rotated by pos / base^(2i / d_head)."""
    gated: bool = False
    """Whether the neurons are act(x W_gate + b_gate) (x W_in + b_in)."""
    softmax: Literal["softmax", "softmax1"] = "softmax"
    """softmax1: exp(s_i) / (1 + sum_j exp(s_j))."""
    registers: int = 0
    """Learned vectors behind the tokens. Every position attends to them, and they attend to every position."""
    tied: bool = False
    """Whether W_U is the transpose of W_E."""
    residual: bool = True
    """Whether the inputs of attention and MLP are added to their outputs."""
    pooling: Literal["last", "mean"] = "last"
    """The input of the unembedding: the last position, or the mean over all positions."""
    dropout: float = 0.0
    """Dropout rate of the MLPs' outputs in training."""

    @property
    def has_neurons(self) -> bool:
        """Whether there is an MLP."""
        return not self.attn_only

    @property
    def pre_norm(self) -> bool:
        """Whether there is a norm before attention and MLP."""
        return self.normalization in ("LN", "LNPre", "RMS", "RMSPre")

    @property
    def post_norm(self) -> bool:
        """Whether there is a norm after each addition."""
        return self.normalization in ("post", "post-unbiased", "postRMS")

    @property
    def normalised_end(self) -> bool:
        """Whether there is a norm before the unembedding beside those of the blocks."""
        return self.pre_norm if self.final_norm is None else self.final_norm and self.normalization is not None

    def unembedding(self, weights: Weights) -> Tensor:
        """Return W_U.

        Parameters
        ----------
        weights : Weights

        Returns
        -------
        Tensor (d_model, d_vocab_out)
        """
        return weights["embed.W_E"].T if self.tied else weights["unembed.W_U"]

    def position(self, weights: Weights) -> Tensor:
        """Return what is added to the token embeddings at each position.

        Parameters
        ----------
        weights : Weights

        Returns
        -------
        Tensor (n_ctx, d_model)
        """
        if self.positions == "learned":
            return weights["pos_embed.W_pos"]
        like = weights["embed.W_E"]
        return sinusoids(self.n_ctx, self.d_model, like) if self.positions == "sinusoidal" else like.new_zeros(self.n_ctx, self.d_model)
