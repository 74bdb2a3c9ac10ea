"""A run at one step: what the measures share, computed once, without gradients, in float64."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.maths.harmonic import cosines, fourier
from mechgrok.maths.landscape import losses
from mechgrok.models.forward.tables import Batch
from mechgrok.models.network import Network
from mechgrok.runs.grid import Grid
from mechgrok.tasks.charts import Basis, chart


class LazyWeights(Mapping[str, Tensor]):
    """The tensors of a checkpoint, each read when it is asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = safe_open(path, framework="pt")
        except (SafetensorError, OSError) as error:
            raise UserError(f"{path} cannot be read ({error}); delete it, or restore it from a copy") from None

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._file.keys():  # noqa: SIM118
            raise KeyError(name)
        return self._file.get_tensor(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._file.keys())

    def __len__(self) -> int:
        return len(self._file.keys())


class Snapshot:
    """A network at one step of its training, on the whole table."""

    def __init__(self, grid: Grid, architecture: Network, weights: Mapping[str, Tensor], step: int) -> None:
        self.grid = grid
        self.architecture = architecture
        self.weights = weights
        self.step = step

    @property
    def p(self) -> int:
        return self.grid.p

    @property
    def tokens(self) -> Tensor:
        """The number token of every element of the group that the grid is seen in (p,)."""
        return torch.from_numpy(self.grid.chart.tokens)

    @cached_property
    def parameters(self) -> dict[str, Tensor]:
        """All weights in float64, by TransformerLens name."""
        return {name: tensor.double() for name, tensor in self.weights.items()}

    @cached_property
    def embedding(self) -> Tensor:
        """W_E of the number tokens (p, d_model); where each position has its own, these side by side."""
        return self.architecture.embedding(self.weights)[self.tokens].double()

    def with_embedding(self, embedding: Tensor) -> Snapshot:
        """The same network with another embedding of the number tokens (p, d_model), in float64."""
        whole = self.architecture.embedding(self.weights).to(torch.float64, copy=True)
        whole[self.tokens] = embedding
        return self.with_weights(self.architecture.with_embedding(self.weights, whole))

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

    @cached_property
    def _forward(self) -> dict[str, Tensor]:
        """Number logits, and the last layer's attention pattern and neurons, of every row, from one pass."""
        post, pattern = f"{self._last}.mlp.hook_post", f"{self._last}.attn.hook_pattern"
        keep = frozenset({post} if self.architecture.has_neurons else ()) | frozenset({pattern} if self.architecture.heads else ())
        with torch.no_grad():
            passes = [self.architecture.forward(self.parameters, batch, keep) for batch in self.grid.batches]
        found = {"logits": torch.cat([logits for logits, _ in passes])[:, self.tokens]}
        return found | {name.rpartition("_")[2]: torch.cat([kept[name] for _, kept in passes]) for name in keep}

    @property
    def logits(self) -> Tensor:
        """Logits of the number classes at the position that is read (n, p); the '=' column is dropped."""
        return self._forward["logits"]

    @property
    def neurons(self) -> Tensor:
        """Activations of the last layer's MLP after the nonlinearity, at the position that is read (n, d_mlp)."""
        assert self.architecture.has_neurons, "the network has no neurons"
        return self._forward["post"]

    @property
    def attention(self) -> Tensor:
        """The last layer's attention pattern at the position that is read (n, head, pos), registers left out."""
        assert self.architecture.heads, "the network has no attention"
        return self._forward["pattern"][:, :, : self.grid.task.inputs().shape[1]]

    def activation(self, name: str) -> Tensor:
        """An activation by its TransformerLens name at the position that is read, in every row (n, ...)."""
        with torch.no_grad():
            passes = (self.architecture.forward(self.parameters, batch, frozenset({name})) for batch in self.grid.batches)
            return torch.cat([kept[name] for _, kept in passes])

    def logits_with_neurons(self, neurons: Tensor) -> Tensor:
        """The logits if the last layer's neurons were these (n, d_mlp) -> (n, p). Needs a linear readout."""
        return torch.addmm(self.logits, neurons - self.neurons, self._readout)

    @property
    def _readout(self) -> Tensor:
        assert self.architecture.nonlinear_readout is None, self.architecture.nonlinear_readout
        return self.neuron_logit_map

    def logits_with_weights(self, weights: Mapping[str, Tensor], rows: Tensor | None = None) -> Tensor:
        """Number logits (rows, p) of other weights, all of them given, in the dtype of these, with gradients.

        `rows` are indices into the rows of the grid, by default all of them.
        """
        inputs = torch.from_numpy(self.grid.task.inputs())[self.grid.rows]
        batch = Batch.of(inputs if rows is None else inputs[rows])
        return self.architecture.logits(weights, batch)[:, self.tokens]

    def with_weights(self, replaced: Mapping[str, Tensor]) -> Snapshot:
        """The same network with some of its tensors replaced."""
        return Snapshot(self.grid, self.architecture, {**self.weights, **replaced}, self.step)

    def in_basis(self, basis: Basis) -> Snapshot:
        """The same network seen in a basis: its tokens numbered by that group, its rows those of the group's elements."""
        if basis == self.grid.chart.basis:
            return self
        if basis not in self._views:
            other = chart(basis, self.grid.task.numbers)
            assert other is not None, f"there is no {basis} basis"
            self._views[basis] = View(self, self.grid.in_chart(other))
        return self._views[basis]

    @cached_property
    def _views(self) -> dict[Basis, Snapshot]:
        return {}

    @cached_property
    def _neuron_energies(self) -> tuple[Tensor, Tensor, Tensor]:
        return fourier.grid_energies(self.neurons.view(self.p, self.p, -1))

    @property
    def neuron_power(self) -> tuple[Tensor, Tensor]:
        """For every neuron, the energy over (a, b) that each frequency explains (p // 2, d_mlp), and its variance times n (d_mlp,)."""
        return self._neuron_energies[:2]

    @cached_property
    def neurons_vary(self) -> Tensor:
        """Which neurons differ between rows by more than rounding (d_mlp,); the others have no frequency."""
        _, variance, energy = self._neuron_energies
        return variance > 1e-12 * energy

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

    def losses_against(self, labels: Tensor) -> Tensor:
        """Cross-entropy of every row against other labels (n,), such as the corrupted ones that were trained with, in nats (n,)."""
        return self.losses if labels is self.grid.labels else losses.per_example(self.logits, labels)

    @cached_property
    def phase_sums(self) -> Tensor:
        """Logits summed over the rows of equal phase (p, p); see maths.cosines."""
        return cosines.phase_sums(self.logits, self.grid.phase, self.p)

    def relabelled(self, generator: torch.Generator) -> Snapshot:
        """The same network with its number tokens randomly renamed: norms and ranks stay, structure goes."""
        order = torch.randperm(self.p, generator=generator)
        weights = dict(self.weights)
        for name, axis in self.architecture.token_axes.items():
            if name in weights:
                everything = torch.cat([order, torch.arange(self.p, weights[name].shape[axis])])
                weights[name] = weights[name].index_select(axis, everything)
        return Snapshot(self.grid, self.architecture, weights, self.step)


class View(Snapshot):
    """A snapshot in another basis; what its network computed is taken from there."""

    def __init__(self, origin: Snapshot, grid: Grid) -> None:
        super().__init__(grid, origin.architecture, origin.weights, origin.step)
        self._origin = origin

    @cached_property
    def _forward(self) -> dict[str, Tensor]:
        rows = {name: values[self.grid.rows] for name, values in self._origin._forward.items()}
        return rows | {"logits": rows["logits"][:, self.tokens]}
