"""A snapshot of a large table, which goes through the rows in pieces and holds only what measures share of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import torch
from torch import Tensor

from mechgrok import errors
from mechgrok.models.forward.tables import Batch
from mechgrok.models.network import NOTHING, Network
from mechgrok.models.relabelling import relabelled
from mechgrok.runs import large
from mechgrok.runs.grid import Grid
from mechgrok.runs.renamed import RenamedSnapshot, Renamings
from mechgrok.runs.snapshot import Snapshot
from mechgrok.runs.sums import LogitSums, NeuronSums, Piece


def snapshot(grid: Grid, architecture: Network, weights: Mapping[str, Tensor], step: int) -> Snapshot:
    """The network at a step on a table: on a large one in pieces."""
    kind = StreamedSnapshot if large.is_large(grid) else Snapshot
    return kind(grid, architecture, weights, step)


class StreamedSnapshot(Snapshot):
    """A snapshot whose logits and neurons exist for some rows at a time.

    The products of the forward pass are in float32 where p is above `large.EXACT_UP_TO`; all sums are in float64. `logits`, `neurons` and
    `attention` raise UnavailableError where those of all rows do not fit into memory.
    """

    @property
    def precision(self) -> torch.dtype:
        return large.precision(self.grid)

    def pieces(self) -> Iterator[Piece]:
        for rows in self._slices():
            yield from self._split(rows, self._pass(self.grid.rows[rows], NOTHING)[0])

    def _split(self, rows: slice, logits: Tensor) -> Iterator[Piece]:
        """Consecutive rows in pieces that fit into the processor's cache."""
        start = rows.start
        for some in logits.split(max(1, large.MOST_IN_CACHE // self.p)):
            yield Piece(slice(start, start + len(some)), some.double())
            start += len(some)

    def logits_at(self, rows: Tensor) -> Tensor:
        numbers = self.grid.rows[rows.flatten()].split(self._at_once)
        return torch.cat([self._pass(some, NOTHING)[0].double() for some in numbers]).unflatten(0, rows.shape)

    def activation(self, name: str) -> Tensor:
        errors.require(self.lacks_memory)
        return torch.cat([self._pass(self.grid.rows[rows], frozenset({name}))[1][name].double() for rows in self._slices()])

    @property
    def neurons_active(self) -> Tensor:
        return self._neuron_sums.active.double() / len(self.grid.rows)

    @cached_property
    def predictions(self) -> Tensor:
        return self._logit_sums.predictions

    @cached_property
    def logit_norms(self) -> tuple[Tensor, Tensor]:
        whole, centred = self._logit_sums.squares.sqrt()
        return whole, centred

    @cached_property
    def losses(self) -> Tensor:
        return self._logit_sums.losses

    @cached_property
    def phase_sums(self) -> Tensor:
        return self._logit_sums.phase_sums

    @cached_property
    def collapsed(self) -> Tensor:
        return self._logit_sums.collapsed

    @property
    def softmax_sums(self) -> Tensor:
        return self._logit_sums.softmax_sums

    def losses_against(self, labels: Tensor) -> Tensor:
        from mechgrok.maths.landscape import losses

        if labels is self.grid.labels:
            return self.losses
        return self.per_row(lambda piece: losses.per_example(piece.logits, labels[piece.rows]))

    @cached_property
    def _neuron_energies(self) -> tuple[Tensor, Tensor, Tensor]:
        return self._neuron_sums.energies()

    @property
    def _neuron_sums(self) -> NeuronSums:
        errors.require(self.architecture.lacks_neurons)
        assert self._sums[1] is not None, "not all pairs are in the table"
        return self._sums[1]

    @property
    def _logit_sums(self) -> LogitSums:
        return self._sums[0]

    @cached_property
    def _sums(self) -> tuple[LogitSums, NeuronSums | None]:
        """What measures share, from one pass, which also serves the networks with renamed tokens that were made before it.

        There are no sums of neurons where there are none, or not all pairs.
        """
        post = f"{self._last}.mlp.hook_post"
        wanted = frozenset({post}) if self.architecture.has_neurons and self.grid.is_square else NOTHING
        of_logits, of_neurons, renamings = LogitSums(self.grid, len(self._classes)), None, self._renamings.begun()
        for rows in self._slices():
            logits, kept = self._pass(self.grid.rows[rows], wanted)
            for piece in self._split(rows, logits):
                log_totals = of_logits.add(piece)
                for renaming in renamings:
                    renaming.add(piece, log_totals)
            if wanted:
                of_neurons = of_neurons or NeuronSums(self.p, kept[post].shape[1])
                of_neurons.add(rows.start, kept[post])
        return of_logits, of_neurons

    @cached_property
    def _forward(self) -> dict[str, Tensor]:
        errors.require(self.lacks_memory)
        return super()._forward

    @cached_property
    def _at_once(self) -> int:
        return large.rows_at_once(self.grid, self.architecture)

    @cached_property
    def _bytes_of_a_row(self) -> int:
        return large.bytes_of_a_row(self.grid, self.architecture)

    def _slices(self) -> Iterable[slice]:
        count = len(self.grid.rows)
        return (slice(start, min(start + self._at_once, count)) for start in range(0, count, self._at_once))

    def _pass(self, numbers: Tensor, keep: frozenset[str]) -> tuple[Tensor, dict[str, Tensor]]:
        """Number logits of the rows with these numbers in the task's table, and activations."""
        large.require_piece(len(numbers), self._bytes_of_a_row)
        with torch.no_grad():
            logits, kept = self.architecture.forward(self._rounded, Batch.of(self._inputs(numbers)), keep)
        # In the basis of the tokens the classes are the first columns, which need no copy.
        in_order = self.grid.chart.basis == "additive"
        return logits[:, : len(self._classes)] if in_order else logits[:, self._classes], kept

    @cached_property
    def _rounded(self) -> dict[str, Tensor]:
        """The weights in the precision of the forward pass."""
        return {name: tensor.to(self.precision) for name, tensor in self.parameters.items()}

    def _inputs(self, numbers: Tensor) -> Tensor:
        task = self.grid.task
        return torch.from_numpy(task.inputs_at(numbers.numpy())) if task.computes_rows else self._whole_inputs[numbers]

    @cached_property
    def _whole_inputs(self) -> Tensor:
        return torch.from_numpy(self.grid.task.inputs())

    def _like(self, grid: Grid, architecture: Network, weights: Mapping[str, Tensor]) -> Snapshot:
        return StreamedSnapshot(grid, architecture, weights, self.step)

    def _renamed(self, order: Tensor) -> Snapshot:
        number = self._renamings.add(order)
        return RenamedSnapshot(self._renamings, number, *relabelled(self.architecture, self.weights, order))

    @cached_property
    def _renamings(self) -> Renamings:
        return Renamings(self)

    def _view(self, grid: Grid) -> Snapshot:
        return self._like(grid, self.architecture, self.weights)
