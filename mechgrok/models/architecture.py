"""The transformer as a network: its function of given weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor

from mechgrok.models.forward import fast_forward, plain_forward
from mechgrok.models.forward.dropout import Masks
from mechgrok.models.forward.lengths import in_order, padded
from mechgrok.models.forward.notes import Note
from mechgrok.models.forward.tables import Batch
from mechgrok.models.hooks import hooked
from mechgrok.models.network import NOTHING, Network
from mechgrok.models.parameter_shapes import parameter_shapes
from mechgrok.models.shape import Shape
from mechgrok.models.weights import Weights

if TYPE_CHECKING:
    from transformer_lens.HookedRootModule import HookedRootModule


@dataclass(frozen=True)
class Architecture(Shape, Network):
    """A transformer of some shape, computed by the fast forward pass where that applies.

    The attributes are those of `Shape`.

    Examples
    --------
    One layer whose only matrix that is not zero is the unembedding of the last token '=':

    >>> from mechgrok.models.architecture import Architecture
    >>> from mechgrok.models.forward.tables import Batch
    >>> network = Architecture(layers=1, heads=1, d_model=2, d_head=2, d_mlp=1, d_vocab=3, d_vocab_out=2, n_ctx=3,
    ...                        activation="relu", normalization=None, attn_only=True, positions="none")
    >>> weights = {f"blocks.0.attn.W_{letter}": torch.zeros(1, 2, 2) for letter in "QKVO"}
    >>> weights |= {"embed.W_E": torch.tensor([[0., 0.], [0., 0.], [1., 2.]]), "unembed.W_U": torch.eye(2)}
    >>> network.logits(weights, Batch.of(torch.tensor([[0, 1, 2], [1, 1, 2]])))
    tensor([[1., 2.],
            [1., 2.]])
    """

    @property
    def nonlinear_readout(self) -> str | None:
        if self.post_norm or self.normalised_end:
            return "the final LayerNorm or RMSNorm makes the logits no linear function of the neurons"
        return "the logits are read off the mean over the positions, not off the last one's neurons" if self.pooling == "mean" else None

    @property
    def reads_shorter_rows(self) -> bool:
        return self.registers == 0

    @property
    def shares_rows(self) -> bool:
        """Whether rows of a table share the activations before the last position.

        Registers of a second layer depend on every token. Where attention goes both ways, so does every position behind the first layer.
        """
        at_once = self.layers == 1 and self.pooling == "last"
        return (self.registers == 0 or self.layers == 1) and (self.attention_direction == "causal" or at_once)

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        return parameter_shapes(self)

    def embed(self, weights: Weights, tokens: Tensor) -> Tensor:
        return plain_forward.residual(weights, self, tokens)

    def from_embedded(self, weights: Weights, x: Tensor, note: Note, masks: Masks | None = None) -> Tensor:
        return plain_forward.logits(weights, self, x, note=note, masks=masks)

    def forward(
        self, weights: Weights, batch: Batch, keep: frozenset[str] = NOTHING, masks: Masks | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        if batch.parts:
            return self._by_length(weights, batch, keep, masks)
        if not self.shares_rows or (masks is not None and self.dropout):
            return super().forward(weights, batch, keep, masks)
        return fast_forward.forward(weights, self, batch, keep)

    def _by_length(self, weights: Weights, batch: Batch, keep: frozenset[str], masks: Masks | None) -> tuple[Tensor, dict[str, Tensor]]:
        """Logits and activations of a batch with rows of several lengths; nothing attends to positions after a row's end."""
        places = [rows for rows, _ in batch.parts]
        passes = [self.forward(weights, part, keep, masks) for _, part in batch.parts]
        kept = {name: [padded(taken[name], name, batch.length) for _, taken in passes] for name in keep}
        return in_order(places, [logits for logits, _ in passes]), {name: in_order(places, taken) for name, taken in kept.items()}

    def neuron_logit_map(self, weights: Weights) -> Tensor:
        return weights[f"blocks.{self.layers - 1}.mlp.W_out"] @ self.unembedding(weights)

    def module(self, weights: Weights) -> HookedRootModule:
        return hooked.from_weights(self, weights)

    def obstacle(self, model: Any) -> str | None:
        return None if getattr(model, "network", None) == self else fast_forward.obstacle(model.cfg)
