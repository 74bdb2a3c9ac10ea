"""Networks with renamed number tokens on a large table of all pairs, whose sums come from one pass through the rows of the network itself.

The network in which number i is what number order[i] was has the logits L'[(a, b), c] = L[(order a, order b), order c] on row (a, b).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import NoReturn

import torch
from torch import Tensor

from mechgrok import errors
from mechgrok.models.network import Network
from mechgrok.runs.grid import Grid
from mechgrok.runs.snapshot import Snapshot
from mechgrok.runs.sums import Piece

NOT_ALL_PAIRS = "the rows of a renamed network are rows of the table only where it has all pairs"


class Renaming:
    """One order of the tokens, and what is added up under it over the pieces of the network itself."""

    def __init__(self, grid: Grid, order: Tensor, classes: int) -> None:
        self._grid, self._order, self._inverse = grid, order, order.argsort()
        self._sums = torch.zeros(grid.p, classes, dtype=torch.float64)
        self.losses = torch.empty(len(grid.rows), dtype=torch.float64)

    def add(self, piece: Piece, log_totals: Tensor) -> None:
        """Add a piece, of which log sum_c exp L[n, c] is given (rows,)."""
        rows = self.rows(piece.rows)
        self._sums.index_add_(0, self._grid.phase[rows], piece.logits)
        of_label = self._order[self._grid.labels[rows]]
        self.losses[rows] = log_totals - piece.logits.gather(1, of_label[:, None])[:, 0]

    @property
    def phase_sums(self) -> Tensor:
        """Of the renamed network."""
        return self._sums[:, self._order]

    def predictions(self, of_network: Tensor) -> Tensor:
        """Those of the renamed network, from those of the network itself."""
        found = torch.empty_like(of_network)
        found[self.rows(slice(None))] = self._inverse[of_network]
        return found

    def collapsed(self, of_network: Tensor) -> Tensor:
        """The rows of the renamed network whose softmax has collapsed, from those of the network itself."""
        found = torch.empty_like(of_network)
        found[self.rows(slice(None))] = of_network
        return found

    def rows(self, rows: slice) -> Tensor:
        """The rows on which the renamed network computes what the network itself computes on these."""
        a, b = self._inverse[self._grid.operands[rows]].T
        return a * self._grid.p + b


class Renamings:
    """The renamings of one network. A pass of the network for its own sums serves those that were made before it; the first one that is
    used makes a pass for all others."""

    def __init__(self, of: Snapshot) -> None:
        self.of = of
        self._orders: list[Tensor] = []
        self._found: list[Renaming] = []

    def add(self, order: Tensor) -> int:
        """The number of a new renaming."""
        self._orders.append(order)
        return len(self._orders) - 1

    def __getitem__(self, number: int) -> Renaming:
        errors.require(None if self.of.grid.is_square else NOT_ALL_PAIRS)
        if number >= len(self._found):
            self._pass(self.begun())
        return self._found[number]

    def begun(self) -> list[Renaming]:
        """Those that no pass has served yet, to which the caller adds all pieces; none where the table lacks pairs."""
        todo = self._orders[len(self._found) :] if self.of.grid.is_square else []
        made = [Renaming(self.of.grid, order, len(order)) for order in todo]
        self._found += made
        return made

    def _pass(self, made: list[Renaming]) -> None:
        for piece in self.of.pieces():
            log_totals = piece.logits.logsumexp(1)
            for renaming in made:
                renaming.add(piece, log_totals)


class RenamedSnapshot(Snapshot):
    """A network with renamed tokens on a large table: sums, losses and predictions, but neither logits nor neurons."""

    def __init__(self, renamings: Renamings, number: int, architecture: Network, weights: Mapping[str, Tensor]) -> None:
        super().__init__(renamings.of.grid, architecture, weights, renamings.of.step)
        self._renamings, self._number = renamings, number

    @cached_property
    def phase_sums(self) -> Tensor:
        return self._renamings[self._number].phase_sums

    @property
    def logit_norms(self) -> tuple[Tensor, Tensor]:
        return self._renamings.of.logit_norms

    @cached_property
    def losses(self) -> Tensor:
        return self._renamings[self._number].losses

    @cached_property
    def predictions(self) -> Tensor:
        return self._renamings[self._number].predictions(self._renamings.of.predictions)

    @cached_property
    def collapsed(self) -> Tensor:
        return self._renamings[self._number].collapsed(self._renamings.of.collapsed)

    @property
    def softmax_sums(self) -> Tensor:
        return self._beyond_sums()

    def losses_against(self, labels: Tensor) -> Tensor:
        return self.losses if labels is self.grid.labels else self._beyond_sums()

    def logits_at(self, rows: Tensor) -> Tensor:
        return self._beyond_sums()

    @property
    def _neuron_energies(self) -> NoReturn:
        self._beyond_sums()

    @property
    def _forward(self) -> NoReturn:
        self._beyond_sums()

    def _view(self, grid: Grid) -> NoReturn:
        self._beyond_sums()

    def _beyond_sums(self) -> NoReturn:
        raise errors.UnavailableError(f"it would take a pass for each renamed network through the {len(self.grid.rows):,} rows")
