"""A run at one step: what the measures share, computed once, without gradients, in float64."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.maths import cosines, fourier, losses
from mechgrok.models import fast_forward
from mechgrok.models.architecture import Architecture
from mechgrok.tasks.task import Task

ROWS_AT_ONCE = 16_384
"""Rows in one forward pass, so that what it holds beside its results does not grow with p."""


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


@dataclass(frozen=True)
class Grid:
    """The whole table of a task as tensors, shared by all snapshots of a run."""

    task: Task
    labels: Tensor
    phase: Tensor
    subsets: Mapping[str, Tensor]
    """Row masks (n,) of all, and of train and test where the split is known."""

    @classmethod
    def of(cls, task: Task, is_train: np.ndarray | None) -> Grid:
        """The table of a task, and who is in train."""
        rows = torch.ones(len(task.labels()), dtype=torch.bool)
        subsets = {"all": rows}
        if is_train is not None:
            train = torch.from_numpy(is_train)
            subsets |= {"train": train, "test": ~train}
        return cls(task, torch.from_numpy(task.labels()), torch.from_numpy(task.phase()), subsets)

    @property
    def p(self) -> int:
        return self.task.numbers

    @cached_property
    def counts(self) -> Tensor:
        """Rows of each phase (p,)."""
        return torch.bincount(self.phase, minlength=self.p)

    @cached_property
    def batches(self) -> list[fast_forward.Batch]:
        """The rows, prepared for the forward pass, some at a time."""
        return [fast_forward.Batch.of(rows) for rows in torch.from_numpy(self.task.inputs()).split(ROWS_AT_ONCE)]


class Snapshot:
    """A network at one step of its training, on the whole table."""

    def __init__(self, grid: Grid, architecture: Architecture, weights: Mapping[str, Tensor], step: int) -> None:
        self.grid = grid
        self.architecture = architecture
        self.weights = weights
        self.step = step

    @property
    def p(self) -> int:
        return self.grid.p

    @cached_property
    def embedding(self) -> Tensor:
        """W_E of the number tokens (p, d_model)."""
        return self.weights["embed.W_E"][: self.p].double()

    @cached_property
    def neuron_logit_map(self) -> Tensor:
        """W_L = W_out W_U of the last layer, number columns (d_mlp, p)."""
        w_out = self.weights[f"blocks.{self.architecture.layers - 1}.mlp.W_out"].double()
        return w_out @ self.weights["unembed.W_U"][:, : self.p].double()

    @cached_property
    def _forward(self) -> tuple[Tensor, Tensor | None]:
        """Number logits and last-layer neurons of every row, from one pass."""
        post = f"blocks.{self.architecture.layers - 1}.mlp.hook_post"
        keep = frozenset() if self.architecture.attn_only else frozenset({post})
        weights = {name: tensor.double() for name, tensor in self.weights.items()}
        with torch.no_grad():
            passes = [fast_forward.forward(weights, self.architecture, batch, keep) for batch in self.grid.batches]
        logits = torch.cat([logits[:, : self.p] for logits, _ in passes])
        return logits, torch.cat([kept[post] for _, kept in passes]) if keep else None

    @property
    def logits(self) -> Tensor:
        """Logits of the number classes at the position that is read (n, p); the '=' column is dropped."""
        return self._forward[0]

    @property
    def neurons(self) -> Tensor:
        """Activations of the last layer's MLP after the nonlinearity, at the position that is read (n, d_mlp)."""
        neurons = self._forward[1]
        assert neurons is not None, "an attention-only network has no neurons"
        return neurons

    @cached_property
    def neuron_power(self) -> tuple[Tensor, Tensor]:
        """For every neuron, the energy over (a, b) that each frequency explains (p // 2, d_mlp), and its variance times n (d_mlp,)."""
        return fourier.grid_power(self.neurons.view(self.p, self.p, -1))

    @cached_property
    def neurons_vary(self) -> Tensor:
        """Which neurons differ between rows by more than rounding (d_mlp,); the others have no frequency."""
        return self.neuron_power[1] > 1e-12 * self.neurons.square().sum(0)

    @cached_property
    def losses(self) -> Tensor:
        """Cross-entropy of every row, in nats (n,)."""
        return losses.per_example(self.logits, self.grid.labels)

    @cached_property
    def phase_sums(self) -> Tensor:
        """Logits summed over the rows of equal phase (p, p); see maths.cosines."""
        return cosines.phase_sums(self.logits, self.grid.phase, self.p)

    def relabelled(self, generator: torch.Generator) -> Snapshot:
        """The same network with its number tokens randomly renamed: norms and ranks stay, structure goes."""
        order = torch.randperm(self.p, generator=generator)
        weights = dict(self.weights)
        renamed = {"embed.W_E": 0, "unembed.W_U": 1, "unembed.b_U": 0}
        for name, axis in renamed.items():
            if name in weights:
                everything = torch.cat([order, torch.arange(self.p, weights[name].shape[axis])])
                weights[name] = weights[name].index_select(axis, everything)
        return Snapshot(self.grid, self.architecture, weights, self.step)
