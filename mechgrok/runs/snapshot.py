"""A network at one step of a run, and the quantities that several measures use, computed once, without gradients, in float64."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import torch
from torch import Tensor

from mechgrok.errors import require
from mechgrok.maths.harmonic import cosines, fourier
from mechgrok.maths.landscape import losses
from mechgrok.models.forward.tables import Batch
from mechgrok.models.network import Network
from mechgrok.models.relabelling import relabelled
from mechgrok.runs.grid import Grid
from mechgrok.runs.on_table import OnTable
from mechgrok.tasks.charts import Basis, chart


class Snapshot(OnTable):
    """A network at one step of its training, evaluated on the whole table, in float64.

    Shapes: n rows of the table, p elements of the group (for addition the numbers 0 to p - 1). The position that is read is the last
    one, or the mean over positions where the network pools.

    Parameters
    ----------
    grid : Grid
        The rows, their labels and phases.
    architecture : Network
        The function of the network.
    weights : Mapping from str to Tensor
        By TransformerLens name.
    step : int

    Examples
    --------
    >>> snapshot = run.snapshot()
    >>> snapshot.logits.shape, snapshot.embedding.shape
    (torch.Size([121, 11]), torch.Size([11, 8]))
    >>> bool((snapshot.losses.exp() * snapshot.logits.softmax(1)[range(121), snapshot.grid.labels]).sub(1).abs().max() < 1e-9)
    True
    """

    def with_embedding(self, embedding: Tensor) -> Snapshot:
        """The same network with another embedding of the number tokens.

        Parameters
        ----------
        embedding : Tensor (p, d_model)

        Returns
        -------
        Snapshot
        """
        whole = self.architecture.embedding(self.weights).to(torch.float64, copy=True)
        whole[self.tokens] = embedding
        return self.with_weights(self.architecture.with_embedding(self.weights, whole))

    def logits_with_neurons(self, neurons: Tensor) -> Tensor:
        """The logits for other activations of the last layer's neurons; the readout of the network must be linear.

        Parameters
        ----------
        neurons : Tensor (n, d_mlp)

        Returns
        -------
        Tensor (n, p)
        """
        require(self.architecture.nonlinear_readout)
        return torch.addmm(self.logits, neurons - self.neurons, self.neuron_logit_map)

    def logits_with_weights(self, weights: Mapping[str, Tensor], rows: Tensor | None = None) -> Tensor:
        """The logits of the number classes for other weights, in the dtype of these, with gradients.

        Parameters
        ----------
        weights : Mapping from str to Tensor
            All parameters by name.
        rows : Tensor (rows,), int64, optional
            Indices into the rows of the grid, by default all of them.

        Returns
        -------
        Tensor (rows, p)
        """
        inputs = torch.from_numpy(self.grid.task.inputs())[self.grid.rows]
        batch = Batch.of(inputs if rows is None else inputs[rows])
        return self.architecture.logits(weights, batch)[:, self._classes]

    def with_weights(self, replaced: Mapping[str, Tensor]) -> Snapshot:
        """The same network with some of its tensors replaced.

        Parameters
        ----------
        replaced : Mapping from str to Tensor
            By TransformerLens name.

        Returns
        -------
        Snapshot
        """
        return self._like(self.grid, self.architecture, {**self.weights, **replaced})

    def in_basis(self, basis: Basis) -> Snapshot:
        """The same network with its number tokens as the elements of a cyclic group, on the rows whose operands lie in that group.

        Parameters
        ----------
        basis : "additive" or "multiplicative"
            Z_p, or the units modulo a prime by their discrete logarithm.

        Returns
        -------
        Snapshot
        """
        if basis == self.grid.chart.basis:
            return self
        if basis not in self._views:
            other = chart(basis, self.grid.task.numbers)
            assert other is not None, f"there is no {basis} basis"
            self._views[basis] = self._view(self.grid.in_chart(other))
        return self._views[basis]

    def _view(self, grid: Grid) -> Snapshot:
        return View(self, grid)

    @cached_property
    def _views(self) -> dict[Basis, Snapshot]:
        return {}

    @cached_property
    def _neuron_energies(self) -> tuple[Tensor, Tensor, Tensor]:
        return fourier.grid_energies(self.neurons.view(self.p, self.p, -1))

    @property
    def neuron_power(self) -> tuple[Tensor, Tensor]:
        """The energy over (a, b) of each frequency in every neuron (p // 2, d_mlp), and the variance of every neuron times n (d_mlp,)."""
        return self._neuron_energies[:2]

    @cached_property
    def neurons_vary(self) -> Tensor:
        """True for the neurons that differ between rows by more than rounding (d_mlp,); the others have no frequency."""
        _, variance, energy = self._neuron_energies
        return variance > 1e-12 * energy

    @property
    def neurons_active(self) -> Tensor:
        """Share of rows in which each neuron is above zero (d_mlp,)."""
        # By chunks of rows that fit the cache, which is several times as fast.
        return torch.stack([(rows > 0).sum(0) for rows in self.neurons.split(256)]).sum(0).double() / len(self.neurons)

    @cached_property
    def predictions(self) -> Tensor:
        """The number class with the largest logit in every row (n,)."""
        return self.logits.argmax(1)

    @cached_property
    def cosine_coefficients(self) -> Tensor:
        """<u_k, L> for k = 1 .. p // 2 with the unit cubes u_k = cos w_k(phase - c) (p // 2,); see maths.cosines."""
        return cosines.cube_coefficients(self.phase_sums, self.grid.counts)

    @cached_property
    def logit_norms(self) -> tuple[Tensor, Tensor]:
        """|L| over all rows and classes, and |L - mean over c of L|."""
        return self.logits.norm(), (self.logits - self.logits.mean(1, keepdim=True)).norm()

    @cached_property
    def losses(self) -> Tensor:
        """Cross-entropy of every row, in nats (n,)."""
        return losses.per_example(self.logits, self.grid.labels)

    @cached_property
    def collapsed(self) -> Tensor:
        """Whether the float32 softmax of every row has collapsed (n,); see `maths.landscape.losses.collapsed`."""
        return losses.collapsed(self.logits)

    def losses_against(self, labels: Tensor) -> Tensor:
        """Cross-entropy of every row against other labels, such as the corrupted ones of the training, in nats.

        Parameters
        ----------
        labels : Tensor (n,), int64

        Returns
        -------
        Tensor (n,)
        """
        return self.losses if labels is self.grid.labels else losses.per_example(self.logits, labels)

    @cached_property
    def phase_sums(self) -> Tensor:
        """Logits summed over the rows of equal phase (p, p); see maths.cosines."""
        return cosines.phase_sums(self.logits, self.grid.phase, self.p)

    @property
    def softmax_sums(self) -> Tensor:
        """The softmax summed over the rows of equal phase, of each subset of the grid (subsets, p, p)."""
        softmax, phase = self.logits.softmax(1), self.grid.phase
        return torch.stack([cosines.phase_sums(softmax[mask], phase[mask], self.p) for mask in self.grid.subsets.values()])

    def relabelled(self, generator: torch.Generator) -> Snapshot:
        """The same network with its number tokens permuted at random: norms and ranks stay, structure over the tokens is lost.

        Parameters
        ----------
        generator : torch.Generator

        Returns
        -------
        Snapshot
        """
        return self._renamed(torch.randperm(self.p, generator=generator))

    def _renamed(self, order: Tensor) -> Snapshot:
        return self._like(self.grid, *relabelled(self.architecture, self.weights, order))

    def _like(self, grid: Grid, architecture: Network, weights: Mapping[str, Tensor]) -> Snapshot:
        return Snapshot(grid, architecture, weights, self.step)

    def __repr__(self) -> str:
        return f"Snapshot(step {self.step}, {len(self.grid.rows)} rows, p = {self.p}, {type(self.architecture).__name__})"


class View(Snapshot):
    """A snapshot in another basis, which takes the activations from the snapshot in the task's own tokens."""

    def __init__(self, origin: Snapshot, grid: Grid) -> None:
        super().__init__(grid, origin.architecture, origin.weights, origin.step)
        self._origin = origin

    @cached_property
    def _forward(self) -> dict[str, Tensor]:
        rows = {name: values[self.grid.rows] for name, values in self._origin._forward.items()}
        return rows | {"logits": rows["logits"][:, self.tokens]}
