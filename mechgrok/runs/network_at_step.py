"""A network at one step of a run, and what its weights alone give, in float64."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import torch
from torch import Tensor

from mechgrok.models.network import Network
from mechgrok.runs.grid import Grid


class NetworkAtStep:
    """A network at one step of its training.

    Shapes: p elements of the group (for addition the numbers 0 to p - 1).

    Parameters
    ----------
    grid : Grid
        The rows, their labels and phases.
    architecture : Network
        The function of the network.
    weights : Mapping from str to Tensor
        By TransformerLens name.
    step : int
    """

    def __init__(self, grid: Grid, architecture: Network, weights: Mapping[str, Tensor], step: int) -> None:
        self.grid = grid
        self.architecture = architecture
        self.weights = weights
        self.step = step

    @property
    def p(self) -> int:
        """Order of the group that the grid is seen in."""
        return self.grid.p

    @property
    def tokens(self) -> Tensor:
        """The number token of every element of the group that the grid is seen in (p,)."""
        return torch.from_numpy(self.grid.chart.tokens)

    @cached_property
    def parameters(self) -> dict[str, Tensor]:
        """All weights in float64, by TransformerLens name."""
        return self.architecture.parameters({name: tensor.double() for name, tensor in self.weights.items()})

    @cached_property
    def embedding(self) -> Tensor:
        """W_E of the number tokens (p, d_model); the embeddings of all positions concatenated where each position has its own."""
        return self.architecture.embedding(self.weights)[self.tokens].double()

    @property
    def unembedding(self) -> Tensor:
        """W_U, number columns (d_model, p): the last matrix before the logits."""
        return self.architecture.unembedding(self.weights)[:, self.tokens].double()

    @cached_property
    def neuron_logit_map(self) -> Tensor:
        """W_L = W_out W_U of the last layer, number columns (d_mlp, p)."""
        return self.architecture.neuron_logit_map(self.parameters)[:, self.tokens]

    @property
    def _last(self) -> str:
        return f"blocks.{self.architecture.layers - 1}"

    @property
    def _classes(self) -> Tensor:
        """The number tokens that are classes."""
        return self.tokens[self.tokens < self.architecture.d_vocab_out]
