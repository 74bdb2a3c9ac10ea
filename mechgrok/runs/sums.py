"""What measures share of a network on its table, added up over pieces of the rows."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mechgrok.maths.harmonic.grid_sums import GridSums
from mechgrok.maths.landscape import losses
from mechgrok.runs.grid import Grid


@dataclass(frozen=True)
class Piece:
    """Some consecutive rows of a grid, and their logits in float64."""

    rows: slice
    logits: Tensor
    """(rows, p)"""


class LogitSums:
    """Sums of the logits and of their softmax over rows of equal phase, energies, and loss and answer of every row."""

    def __init__(self, grid: Grid, classes: int) -> None:
        self._grid, count = grid, len(grid.rows)
        self.phase_sums = torch.zeros(grid.p, classes, dtype=torch.float64)
        self.squares = torch.zeros(2, dtype=torch.float64)
        """Sum of squares of the logits, and of the logits centred over c."""
        self.losses = torch.empty(count, dtype=torch.float64)
        self.predictions = torch.empty(count, dtype=torch.int64)
        self.collapsed = torch.empty(count, dtype=torch.bool)
        self._softmax_sums = torch.zeros(2 * grid.p, classes, dtype=torch.float64)

    def add(self, piece: Piece) -> Tensor:
        """Add a piece; returns log sum_c exp L[n, c] of its rows (rows,)."""
        rows, logits = piece.rows, piece.logits
        self.phase_sums.index_add_(0, self._grid.phase[rows], logits)
        centred = logits - logits.mean(1, keepdim=True)
        self.squares += torch.stack([matrix.flatten() @ matrix.flatten() for matrix in (logits, centred)])
        self.predictions[rows] = logits.argmax(1)
        return self._add_softmax(rows, logits)

    def _add_softmax(self, rows: slice, logits: Tensor) -> Tensor:
        top, is_test = logits.amax(1, keepdim=True), self._grid.subsets.get("test")
        shifted = logits - top
        at_label = shifted.gather(1, self._grid.labels[rows, None])
        exponentials = shifted.exp_()
        totals = exponentials.sum(1, keepdim=True)
        self.collapsed[rows] = self._collapsed(logits, totals[:, 0])
        self.losses[rows] = (totals.log() - at_label)[:, 0]
        phase = self._grid.phase[rows] if is_test is None else self._grid.phase[rows] + self._grid.p * is_test[rows]
        self._softmax_sums.index_add_(0, phase, exponentials.div_(totals))
        return (totals.log() + top)[:, 0]

    def _collapsed(self, logits: Tensor, totals: Tensor) -> Tensor:
        """As `losses.collapsed`, from logits and sum_c exp(L - max L) in float64; only rows of which it is near 1 are summed in float32."""
        found = totals <= 1 + 2**-22 * logits.shape[1]
        found[found.clone()] = losses.collapsed(logits[found]) if found.any() else found[found]
        return found

    @property
    def softmax_sums(self) -> Tensor:
        """The softmax summed over the rows of equal phase, of each subset of the grid (subsets, p, p)."""
        parts = self._softmax_sums.unflatten(0, (2, -1))
        return torch.cat([parts.sum(0, keepdim=True), parts])[: len(self._grid.subsets)]


class NeuronSums:
    """Energies of the neurons as functions of (a, b), of a table with all pairs, and the rows in which each is above zero."""

    def __init__(self, p: int, neurons: int) -> None:
        self._p, self._grid = p, GridSums(p, neurons)
        self.active = torch.zeros(neurons, dtype=torch.int64)

    def add(self, start: int, neurons: Tensor) -> None:
        """Add the neurons (rows, d_mlp) of whole lines of equal a, from the row `start` on."""
        self.active += torch.stack([(rows > 0).sum(0) for rows in neurons.split(256)]).sum(0)
        self._grid.add(start // self._p, neurons.double().view(-1, self._p, neurons.shape[1]))

    def energies(self) -> tuple[Tensor, Tensor, Tensor]:
        """As `fourier.grid_energies`."""
        return self._grid.energies()
