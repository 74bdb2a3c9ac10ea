"""A network at one step of a run on the rows of its table: logits and activations, in float64."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

import torch
from torch import Tensor

from mechgrok.errors import require
from mechgrok.runs import large
from mechgrok.runs.network_at_step import NetworkAtStep
from mechgrok.runs.sums import Piece


class OnTable(NetworkAtStep):
    """A network at one step of its training, and its logits and activations on every row, from one forward pass.

    Shapes: n rows of the table, p elements of the group. The position that is read is the last one, or the mean over positions where the
    network pools.

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

    @cached_property
    def _forward(self) -> dict[str, Tensor]:
        """Number logits, and the last layer's attention pattern and neurons, of every row, from one pass."""
        post, pattern = f"{self._last}.mlp.hook_post", f"{self._last}.attn.hook_pattern"
        keep = frozenset({post} if self.architecture.has_neurons else ()) | frozenset({pattern} if self.architecture.heads else ())
        with torch.no_grad():
            passes = [self.architecture.forward(self.parameters, batch, keep) for batch in self.grid.batches]
        found = {"logits": torch.cat([logits for logits, _ in passes])[:, self._classes]}
        return found | {name.rpartition("_")[2]: torch.cat([kept[name] for _, kept in passes]) for name in keep}

    @property
    def logits(self) -> Tensor:
        """Logits of the number classes at the position that is read (n, p); the '=' column is dropped."""
        return self._forward["logits"]

    @property
    def neurons(self) -> Tensor:
        """Activations of the last layer's MLP after the nonlinearity, at the position that is read (n, d_mlp)."""
        require(self.architecture.lacks_neurons)
        return self._forward["post"]

    @property
    def attention(self) -> Tensor:
        """The last layer's attention pattern at the position that is read (n, head, pos), registers left out."""
        require(self.architecture.lacks_attention)
        return self._forward["pattern"][:, :, : self.grid.task.row_length]

    @property
    def precision(self) -> torch.dtype:
        """The dtype of the products of large tables."""
        return torch.float64

    def pieces(self) -> Iterator[Piece]:
        """The logits of all rows: as one piece, or some rows at a time where the table is large.

        Yields
        ------
        Piece
        """
        yield Piece(slice(0, len(self.grid.rows)), self.logits)

    @property
    def lacks_memory(self) -> str | None:
        """Why a measure cannot hold logits, neurons and temporaries of all rows; None where these fit into the memory that is free."""
        return large.lacks_whole(self.grid, self.architecture)

    def per_row(self, function: Callable[[Piece], Tensor]) -> Tensor:
        """A number of every row, computed piece by piece.

        Parameters
        ----------
        function : callable
            From a piece to a number of each of its rows.

        Returns
        -------
        Tensor (n,)
        """
        found = torch.empty(0)
        for piece in self.pieces():
            numbers = function(piece)
            # Kept one by one, small results would lie between large freed tensors, which then cannot be returned to the system.
            found = found if len(found) else numbers.new_empty(len(self.grid.rows), *numbers.shape[1:])
            found[piece.rows] = numbers
        return found

    def logits_at(self, rows: Tensor) -> Tensor:
        """The logits of some rows.

        Parameters
        ----------
        rows : Tensor (...), int64
            Indices into the rows of the grid.

        Returns
        -------
        Tensor (..., p)
        """
        return self.logits[rows]

    def activation(self, name: str) -> Tensor:
        """An activation at the position that is read, in every row.

        Parameters
        ----------
        name : str
            A TransformerLens name, such as "blocks.0.hook_resid_post".

        Returns
        -------
        Tensor (n, ...)
        """
        with torch.no_grad():
            passes = (self.architecture.forward(self.parameters, batch, frozenset({name})) for batch in self.grid.batches)
            return torch.cat([kept[name] for _, kept in passes])
