"""What measures share of a network on its table, added up over pieces of the rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from mechgrok.maths.harmonic.grid_sums import GridSums
from mechgrok.maths.landscape import losses
from mechgrok.runs.grid import Grid


@dataclass(frozen=True)
class Piece:
    """Some consecutive rows of a grid: their logits and, where these are wanted, neurons, in float64."""

    rows: slice
    logits: Tensor
    """(rows, p)"""
    neurons: Tensor | None = None
    """(rows, d_mlp)"""


class LogitSums:
    """Sums of the logits over rows of equal phase, their energies, and loss and answer of every row."""

    def __init__(self, grid: Grid, classes: int) -> None:
        self._grid = grid
        self.phase_sums = torch.zeros(grid.p, classes, dtype=torch.float64)
        self.squares = torch.zeros(2, dtype=torch.float64)
        """Sum of squares of the logits, and of the logits centred over c."""
        self.losses = torch.empty(len(grid.rows), dtype=torch.float64)
        self.predictions = torch.empty(len(grid.rows), dtype=torch.int64)

    def add(self, piece: Piece) -> None:
        """Add a piece."""
        rows, logits = piece.rows, piece.logits
        self.phase_sums.index_add_(0, self._grid.phase[rows], logits)
        centred = logits - logits.mean(1, keepdim=True)
        self.squares += torch.stack([logits.square().sum(), centred.square_().sum()])
        self.losses[rows] = losses.per_example(logits, self._grid.labels[rows])
        self.predictions[rows] = logits.argmax(1)


class NeuronSums:
    """Energies of the neurons as functions of (a, b), of a table with all pairs, and the rows in which each is above zero."""

    def __init__(self, p: int, neurons: int) -> None:
        self._p, self._grid = p, GridSums(p, neurons)
        self.active = torch.zeros(neurons, dtype=torch.int64)

    def add(self, piece: Piece) -> None:
        """Add a piece of whole lines of equal a."""
        assert piece.neurons is not None
        self._grid.add(piece.rows.start // self._p, piece.neurons.view(-1, self._p, len(self.active)))
        self.active += (piece.neurons > 0).sum(0)

    def energies(self) -> tuple[Tensor, Tensor, Tensor]:
        """As `fourier.grid_energies`."""
        return self._grid.energies()


@dataclass(frozen=True)
class Sums:
    """The sums of one pass through all rows."""

    logits: LogitSums
    neurons: NeuronSums | None
    """None where there are no neurons, or not all pairs."""

    @classmethod
    def of(cls, grid: Grid, pieces: Iterable[Piece]) -> Sums:
        """Goes through the pieces of a grid, one at a time."""
        made: Sums | None = None
        for piece in pieces:
            made = made or cls._begun(grid, piece)
            made.logits.add(piece)
            if made.neurons:
                made.neurons.add(piece)
        assert made is not None, "a table has rows"
        return made

    @classmethod
    def _begun(cls, grid: Grid, piece: Piece) -> Sums:
        has_energies = piece.neurons is not None and grid.is_square
        neurons = NeuronSums(grid.p, piece.neurons.shape[1]) if piece.neurons is not None and has_energies else None
        return cls(LogitSums(grid, piece.logits.shape[1]), neurons)
