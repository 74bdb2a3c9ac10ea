"""The networks of several runs as one: parameters, gradients and moments have a leading axis of runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.nn import Parameter

from mechgrok.maths.landscape import losses
from mechgrok.models.forward import stacked
from mechgrok.models.forward.stacked import StackedBatch
from mechgrok.training.batches import Batches, rows_a_step
from mechgrok.training.evaluation.finite import FiniteUpdates
from mechgrok.training.stack.clipping import clip_by_run
from mechgrok.training.stack.member import Member
from mechgrok.training.stack.replay import Repeated, graphs_of, is_static


class Stack:
    """Parameters, optimiser and rows of runs of one config that differ in their seeds and have made equally many updates."""

    def __init__(self, members: Sequence[Member], device: torch.device) -> None:
        self.members = tuple(members)
        self.config = members[0].config
        self.device = device
        self._shape = self.config.model.architecture(self.config.task)
        self._dtype: torch.dtype = getattr(torch, self.config.training.loss_dtype)
        self.parameters = self._stacked("weights.")
        self.trained = {name: Parameter(self.parameters[name]) for name in members[0].trained}
        self.parameters |= self.trained
        self.memory = self._stacked("gradient.")
        self.optimizer = self._optimizer(members[0].trained)
        self._tokens = torch.from_numpy(self.config.task.inputs()).to(device)
        self._labels = torch.from_numpy(self.config.task.labels()).to(device)
        self._batches = [_batches(each) for each in members]
        self._all_rows = self._prepared([np.flatnonzero(each.is_train) for each in members])
        self._repeated = Repeated(graphs_of(device) if is_static(self.config) else None)
        self.losses = torch.zeros(len(members), dtype=self._dtype, device=device)
        self.finite = FiniteUpdates(self.losses)

    def _stacked(self, prefix: str) -> dict[str, Tensor]:
        """The tensors of the members' states whose names begin so, stacked; scalars, counts of updates, are those of the first."""
        states = [each.state() for each in self.members]
        names = [name for name in states[0] if name.startswith(prefix)]
        return {name.removeprefix(prefix): self._stack([state[name] for state in states]) for name in names}

    def _stack(self, tensors: Sequence[Tensor]) -> Tensor:
        return torch.stack(list(tensors)).to(self.device) if tensors[0].ndim else tensors[0].clone()

    def _optimizer(self, single: Mapping[str, Parameter]) -> torch.optim.Optimizer:
        """The optimiser of the stacked parameters; which of them decay is decided by the dimensions of one run's."""
        wanted = self.config.optimizer
        made = wanted.torch_optimizer(wanted.groups(self.trained, single))
        moments: dict[int, dict[str, Tensor]] = {}
        for key, tensor in self._stacked("optimizer.").items():
            index, name = key.split(".")
            moments.setdefault(int(index), {})[name] = tensor
        made.load_state_dict(made.state_dict() | {"state": moments})
        for group in made.param_groups:
            if "capturable" in group:
                group["capturable"] = self.device.type == "cuda"
        return made

    def _prepared(self, rows: Sequence[np.ndarray]) -> tuple[StackedBatch, Tensor]:
        """The rows of each run, prepared for the forward pass, and their labels (runs, batch)."""
        chosen = torch.from_numpy(np.stack(rows)).to(self.device)
        return StackedBatch.of(self._tokens[chosen], self._shape.d_vocab), self._labels[chosen]

    def update(self, step: int) -> Tensor:
        """One update of every run after `step` earlier ones; returns the losses before it (runs,), which the next update overwrites."""
        batches = [each.at(step) for each in self._batches]
        rows = [each for each in batches if each is not None]
        inputs, labels = self._prepared(rows) if rows else self._all_rows
        rate = self.config.optimizer.lr * self.config.schedule.factor(step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self._repeated(rate, partial(self._compute, inputs, labels, step))
        return self.losses

    def _compute(self, inputs: StackedBatch, labels: Tensor, step: int) -> None:
        """The operations of an update on the device."""
        self.optimizer.zero_grad(set_to_none=True)
        found = losses.cross_entropy(self.logits(inputs), labels, self._dtype)
        found.sum().backward()
        self.losses.copy_(found.detach())
        self.finite.add(self.losses)
        with torch.no_grad():
            self.config.gradient.filter(self.trained, self.memory, step)
            if self.config.training.clip_norm is not None:
                clip_by_run(self.trained.values(), self.config.training.clip_norm)
        self.optimizer.step()

    def logits(self, batch: StackedBatch) -> Tensor:
        """Logits (runs, batch, classes)."""
        return stacked.logits(self.parameters, self._shape, batch)

    def tensors(self) -> dict[str, Tensor]:
        """The tensors that later updates depend on, named as in the state of a run; but for counts of updates all have the axis of runs."""
        moments = self.optimizer.state_dict()["state"]
        named = {f"weights.{name}": parameter.detach() for name, parameter in self.parameters.items()}
        named |= {f"optimizer.{index}.{name}": tensor for index, entry in moments.items() for name, tensor in entry.items()}
        return named | {f"gradient.{name}": tensor for name, tensor in self.memory.items()}


def _batches(member: Member) -> Batches:
    rows, training = np.flatnonzero(member.is_train), member.config.training
    return Batches(rows, rows_a_step(training.batch, len(rows)), training.seed, training.sampling)
