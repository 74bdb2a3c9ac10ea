"""The interface of a network: its function of given weights, and facts about it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch.nn.functional as F
from torch import Tensor

from mechgrok.models.forward.dropout import Masks
from mechgrok.models.forward.notes import Kept, Note, at_position
from mechgrok.models.forward.tables import Batch
from mechgrok.models.weights import Weights

if TYPE_CHECKING:
    from transformer_lens.HookedRootModule import HookedRootModule

NOTHING: frozenset[str] = frozenset()


class Network(ABC):
    """A network as a function of weights, which are given as a mapping from TransformerLens names to tensors.

    All functions are differentiable in the weights and compute in their dtype. Activations have the names and axes (batch, pos, ...) of
    TransformerLens; a network that mixes the positions at once has one position from there on. A subclass is a frozen dataclass of sizes
    with `from_embedded` and `module`. The defaults of the other methods are those of a network with one token embedding `embed.W_E`
    (d_vocab, width) and one unembedding `unembed.W_U` (width, d_vocab_out).

    Attributes
    ----------
    layers : int
        Layers of neurons, or of other units; the neurons of the last one are the activation `blocks.{layers - 1}.mlp.hook_post`.
    heads : int
        Attention heads a layer; 0 for a network without attention.
    d_vocab, d_vocab_out : int
        Tokens and classes.

    Examples
    --------
    A network with one neuron for each token, logits = relu(sum over pos of W_E[token]) W_U:

    >>> from dataclasses import dataclass
    >>> from mechgrok.models.forward.tables import Batch
    >>> from mechgrok.models.network import Network
    >>> @dataclass(frozen=True)
    ... class Summed(Network):
    ...     d_vocab: int
    ...     d_vocab_out: int
    ...     layers: int = 1
    ...     heads: int = 0
    ...     def from_embedded(self, weights, x, note, masks=None):
    ...         pre = note("blocks.0.mlp.hook_pre", x.sum(1, keepdim=True))
    ...         return note("blocks.0.mlp.hook_post", pre.relu())[:, 0] @ self.unembedding(weights)
    ...     def module(self, weights):
    ...         raise NotImplementedError
    >>> weights = {"embed.W_E": torch.eye(3), "unembed.W_U": torch.eye(3)}
    >>> logits, kept = Summed(3, 3).forward(weights, Batch.of(torch.tensor([[0, 2]])), keep=frozenset({"blocks.0.mlp.hook_pre"}))
    >>> logits.tolist(), kept["blocks.0.mlp.hook_pre"].tolist()
    ([[1.0, 0.0, 1.0]], [[1.0, 0.0, 1.0]])
    """

    layers: int
    heads: int
    d_vocab: int
    d_vocab_out: int

    @property
    def has_neurons(self) -> bool:
        """Whether there is an MLP."""
        return True

    @property
    def lacks_neurons(self) -> str | None:
        """Why there are no neurons to measure; None where there are."""
        return None if self.has_neurons else "the network has no MLP, so no neurons"

    @property
    def lacks_attention(self) -> str | None:
        """Why there is no attention to measure; None where there is."""
        return None if self.heads else "the network has no attention, so no heads"

    @property
    def maps_neurons(self) -> bool:
        """Whether there is a `neuron_logit_map`."""
        return self.has_neurons

    @property
    def nonlinear_readout(self) -> str | None:
        """Why the logits are no linear function of the last layer's neurons at the read position; None where they are."""
        return None

    @property
    def reads_shorter_rows(self) -> bool:
        """Whether a row may end before the last position."""
        return False

    @property
    def token_axes(self) -> Mapping[str, int]:
        """The parameters with an axis of tokens or classes, and the number of that axis."""
        return {"embed.W_E": 0, "unembed.W_U": 1, "unembed.b_U": 0}

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The shape of every parameter by its name; empty where none is known before there are weights."""
        return {}

    def parameters(self, weights: Weights) -> dict[str, Tensor]:
        """Return weights as measures read them by name.

        Parameters
        ----------
        weights : Weights

        Returns
        -------
        dict of str to Tensor
        """
        return dict(weights)

    def embed(self, weights: Weights, tokens: Tensor) -> Tensor:
        """Embed tokens, before anything mixes positions.

        Parameters
        ----------
        weights : Weights
        tokens : Tensor (batch, pos), int64

        Returns
        -------
        Tensor (batch, pos, width)
        """
        return F.embedding(tokens, weights["embed.W_E"])

    @abstractmethod
    def from_embedded(self, weights: Weights, x: Tensor, note: Note, masks: Masks | None = None) -> Tensor:
        """Compute logits from embeddings.

        Parameters
        ----------
        weights : Weights
        x : Tensor (batch, pos, width)
            What `embed` returns.
        note : callable
            Called with the name and the value of every activation; the computation goes on with what it returns.
        masks : Masks, optional
            The dropout masks of a training step; without them there is no dropout.

        Returns
        -------
        Tensor (batch, d_vocab_out)
        """

    def forward(
        self, weights: Weights, batch: Batch, keep: frozenset[str] = NOTHING, masks: Masks | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Compute logits, and activations at the read position.

        Parameters
        ----------
        weights : Weights
        batch : Batch
            The prepared tokens.
        keep : frozenset of str
            The names of the activations to return. A `KeyError` is raised for one that the network does not have.
        masks : Masks, optional
            The dropout masks of a training step; without them there is no dropout.

        Returns
        -------
        logits : Tensor (batch, d_vocab_out)
        kept : dict of str to Tensor (batch, ...)
        """
        kept = Kept(keep, at_position(batch.length))
        logits = self.from_embedded(weights, self.embed(weights, batch.inputs), kept, masks)
        return logits, kept.activations()

    def logits(self, weights: Weights, batch: Batch, masks: Masks | None = None) -> Tensor:
        """Compute logits alone.

        Parameters
        ----------
        weights : Weights
        batch : Batch
        masks : Masks, optional

        Returns
        -------
        Tensor (batch, d_vocab_out)
        """
        return self.forward(weights, batch, NOTHING, masks)[0]

    def embedding(self, weights: Weights) -> Tensor:
        """Return the token embedding as one matrix.

        Parameters
        ----------
        weights : Weights

        Returns
        -------
        Tensor (d_vocab, width)
        """
        return weights["embed.W_E"]

    def with_embedding(self, weights: Weights, embedding: Tensor) -> dict[str, Tensor]:
        """Return the parameters to replace so that the token embedding is another one.

        Parameters
        ----------
        weights : Weights
        embedding : Tensor (d_vocab, width)

        Returns
        -------
        dict of str to Tensor
        """
        return {"embed.W_E": embedding}

    def unembedding(self, weights: Weights) -> Tensor:
        """Return the last matrix before the logits.

        Parameters
        ----------
        weights : Weights

        Returns
        -------
        Tensor (width, d_vocab_out)
        """
        return weights["unembed.W_U"]

    def neuron_logit_map(self, weights: Weights) -> Tensor:
        """Return W_L, the map from the last layer's neurons to the logits.

        Parameters
        ----------
        weights : Weights

        Returns
        -------
        Tensor (d_mlp, d_vocab_out)
        """
        return self.unembedding(weights)

    def reads_tokens(self, weights: Weights) -> Tensor | None:
        """Return the terms of the last layer's pre-activations, where these are sums over the tokens of a row.

        Parameters
        ----------
        weights : Weights

        Returns
        -------
        Tensor (pos, d_vocab, d_mlp) or None
            None where the pre-activations are no such sums.
        """
        return None

    @abstractmethod
    def module(self, weights: Weights) -> HookedRootModule:
        """Make a torch module with hook points and a copy of the weights, on the CPU in their dtype.

        Parameters
        ----------
        weights : Weights
            A `UserError` is raised where parameters are missing or unknown.

        Returns
        -------
        HookedRootModule
            From tokens (batch, pos) to logits (batch, pos, d_vocab_out).
        """

    def obstacle(self, model: Any) -> str | None:
        """Return the reason why `forward` would not compute what a module of this network computes.

        Parameters
        ----------
        model : HookedRootModule

        Returns
        -------
        str or None
            None where both compute the same.
        """
        return None
