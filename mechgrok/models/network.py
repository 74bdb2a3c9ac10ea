"""The interface of a network: its function of given weights, and facts about it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch.nn.functional as F
from torch import Tensor

from mechgrok.models.forward.dropout import Masks
from mechgrok.models.forward.notes import Kept, Note
from mechgrok.models.forward.tables import Batch
from mechgrok.models.weights import Weights

if TYPE_CHECKING:
    from transformer_lens.HookedRootModule import HookedRootModule

NOTHING: frozenset[str] = frozenset()


class Network(ABC):
    """A network without its weights, which are handed in as a flat mapping from TransformerLens names to tensors.

    All functions are differentiable in the weights and compute in their dtype. Activations are named as TransformerLens names them and
    have its axes (batch, pos, ...); a network that mixes the positions at once has one position from there on.
    """

    layers: int
    """Of neurons, or of what else is stacked; the last one's neurons are `blocks.{layers - 1}.mlp.hook_post`."""
    heads: int
    """Attention heads a layer; 0 for a network without attention."""
    d_vocab: int
    """Tokens."""
    d_vocab_out: int
    """Classes."""

    @property
    def has_neurons(self) -> bool:
        """Whether there is an MLP, so that there are neurons to look at."""
        return True

    @property
    def nonlinear_readout(self) -> str | None:
        """Why the logits are no linear function of the last layer's neurons at the position that is read; None where they are."""
        return None

    @property
    def reads_shorter_rows(self) -> bool:
        """Whether a row may end before the last position."""
        return False

    @property
    def token_axes(self) -> Mapping[str, int]:
        """The tensors that know the tokens or classes, and along which axis."""
        return {"embed.W_E": 0, "unembed.W_U": 1, "unembed.b_U": 0}

    def embed(self, weights: Weights, tokens: Tensor) -> Tensor:
        """The embeddings (batch, pos, width) of tokens (batch, pos), before anything mixes positions."""
        return F.embedding(tokens, weights["embed.W_E"])

    @abstractmethod
    def from_embedded(self, weights: Weights, x: Tensor, note: Note, masks: Masks | None = None) -> Tensor:
        """Logits (batch, d_vocab_out) from what `embed` gives; every activation passes through `note`. Masks: those of dropout."""

    def forward(
        self, weights: Weights, batch: Batch, keep: frozenset[str] = NOTHING, masks: Masks | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Logits (batch, d_vocab_out), and the activations that `keep` names at the position that is read (batch, ...).

        Dropout is only there with `masks`. Raises KeyError for an activation that the network does not have.
        """
        kept = Kept(keep, batch.length)
        logits = self.from_embedded(weights, self.embed(weights, batch.inputs), kept, masks)
        return logits, {name: kept.taken[name] for name in keep}

    def logits(self, weights: Weights, batch: Batch, masks: Masks | None = None) -> Tensor:
        """The logits alone."""
        return self.forward(weights, batch, NOTHING, masks)[0]

    def embedding(self, weights: Weights) -> Tensor:
        """The token embedding as one matrix (d_vocab, width)."""
        return weights["embed.W_E"]

    def with_embedding(self, weights: Weights, embedding: Tensor) -> dict[str, Tensor]:
        """The parameters to replace so that the token embedding is this one (d_vocab, width)."""
        return {"embed.W_E": embedding}

    def unembedding(self, weights: Weights) -> Tensor:
        """The last matrix before the logits (width, d_vocab_out)."""
        return weights["unembed.W_U"]

    def neuron_logit_map(self, weights: Weights) -> Tensor:
        """W_L: from the last layer's neurons to the logits (d_mlp, d_vocab_out)."""
        return self.unembedding(weights)

    def reads_tokens(self, weights: Weights) -> Tensor | None:
        """What each token brings each last-layer neuron at each position (pos, d_vocab, d_mlp); None where that is no sum over tokens."""
        return None

    @abstractmethod
    def module(self, weights: Weights) -> HookedRootModule:
        """A torch module with hook points and a copy of these weights, on the CPU in their dtype; gives (batch, pos, d_vocab_out).

        Raises UserError where parameters are missing or unknown.
        """

    def obstacle(self, model: Any) -> str | None:
        """Why `forward` would not compute what a `model` of it computes; None where it does."""
        return None
