"""The trainer: parameters and optimiser of a run, its updates and evaluations."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import Parameter

from mechgrok.config import Config
from mechgrok.models.forward import dropout, module_forward
from mechgrok.models.network import Network
from mechgrok.tasks.parts import Staged
from mechgrok.training import initial
from mechgrok.training.batches import Batches, rows_a_step
from mechgrok.training.decay import Decay
from mechgrok.training.evaluation.evaluator import evaluator
from mechgrok.training.evaluation.scores import Evaluation
from mechgrok.training.objective import Objective
from mechgrok.training.row_table import PreparedRows, RowTable
from mechgrok.training.staged_batches import StagedBatches

if TYPE_CHECKING:
    from transformer_lens.HookedRootModule import HookedRootModule

    from mechgrok.data.corruptions.corruption import Labels
    from mechgrok.training.execution import Execution

log = logging.getLogger(__name__)


class Trainer:
    """Parameters, optimiser and rows of one run."""

    def __init__(
        self,
        config: Config,
        is_train: np.ndarray,
        execution: Execution,
        corrupted: Labels | None = None,
        weights: Mapping[str, Tensor] | None = None,
    ) -> None:
        """`weights` are the initial weights by name; None to draw them."""
        self.config = config
        self.device = torch.device(execution.device)
        model: Any = initial.network(config, weights)
        model = model.to(self.device, print_details=False)
        self.parameters: dict[str, Parameter] = dict(model.named_parameters())
        trained = initial.trained(model)
        self.optimizer = config.optimizer.build(trained)
        self.objective = Objective(config.training, trained)
        self.decay = Decay(config.optimizer, trained)
        self.memory: dict[str, Tensor] = {}
        self.logits = _forward(model, config.model.architecture(config.task), execution.forward, config.training.seed)
        self._table = RowTable(config.task, corrupted, self.device)
        self._evaluator = evaluator(config, is_train, self._table, corrupted, self.objective, self.device)
        self._train_rows = np.flatnonzero(is_train)
        self._batches = _batches(config, self._train_rows)

    @property
    def trained(self) -> Mapping[str, Parameter]:
        """The parameters that are trained."""
        return self.objective.parameters

    def update(self, step: int) -> Tensor:
        """One optimiser step after `step` earlier ones; returns the objective before it (scalar)."""
        loss = self.backward(step)
        self.apply(step)
        return loss

    def backward(self, step: int) -> Tensor:
        """The first half of an update: unfiltered gradients of the objective on the step's batch; returns the objective (scalar)."""
        rows = self._batches.at(step)
        inputs, labels = self._all_train_rows if rows is None else self._table.prepared(rows)
        self.optimizer.zero_grad(set_to_none=True)
        return self.objective.backward(lambda: self.logits(inputs, step), labels, step, inputs.tasks)

    def apply(self, step: int) -> None:
        """The second half of an update: filter and clip the gradients, and change the weights by the optimiser."""
        rate = self.rate(step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        with torch.no_grad():
            self.config.gradient.filter(self.trained, self.memory, step)
        if self.config.training.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(self.trained.values(), self.config.training.clip_norm)
        self.decay.apply(rate)
        self.optimizer.step()

    def rate(self, step: int) -> float:
        """The learning rate of the update after `step` earlier ones."""
        return float(self.config.optimizer.lr * self.config.schedule.factor(step))

    def evaluate(self) -> list[Evaluation]:
        """Loss and accuracy over each non-empty split, and over its subsets by kind of label and by part of the table."""
        return self._evaluator.evaluate(self.logits)

    @cached_property
    def _all_train_rows(self) -> tuple[PreparedRows, Tensor]:
        return self._table.prepared(self._train_rows)

    def state(self) -> dict[str, Tensor]:
        """The tensors that later updates depend on: `weights.*`, moments `optimizer.*`, and memory of the gradient filter `gradient.*`."""
        moments = self.optimizer.state_dict()["state"]
        named = {f"optimizer.{index}.{name}": tensor for index, entry in moments.items() for name, tensor in entry.items()}
        named |= {f"gradient.{name}": tensor for name, tensor in self.memory.items()}
        return {f"weights.{name}": parameter.detach() for name, parameter in self.parameters.items()} | named

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Restore a `state` exactly."""
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                parameter.copy_(state[f"weights.{name}"])
        remembered = {key.removeprefix("gradient."): tensor for key, tensor in state.items() if key.startswith("gradient.")}
        self.memory = {name: tensor.to(self.device, copy=True) for name, tensor in remembered.items()}
        moments: dict[int, dict[str, Tensor]] = {}
        for key, tensor in state.items():
            if key.startswith("optimizer."):
                _, index, name = key.split(".")
                moments.setdefault(int(index), {})[name] = tensor.clone()
        self.optimizer.load_state_dict(self.optimizer.state_dict() | {"state": moments})


def _batches(config: Config, rows: np.ndarray) -> Batches | StagedBatches:
    wanted, size = config.training, rows_a_step(config.training.batch, len(rows))
    if size is None or not isinstance(config.task, Staged):
        return Batches(rows, size, wanted.seed, wanted.sampling)
    return StagedBatches(rows, config.task.stage_of_row()[rows], size, wanted.seed, wanted.switch_at, wanted.rehearsal)


class Forward(Protocol):
    """A function that returns logits (n, d_vocab_out) at the position that is read."""

    def __call__(self, rows: PreparedRows, step: int | None = None) -> Tensor:
        """`rows` are rows of any split; dropout is applied if the `step` of an update is given."""
        ...


def _forward(model: HookedRootModule, network: Network, wanted: str, seed: int) -> Forward:
    """The fast forward of the network, or the forward of the module if `wanted` is plain or the fast one is not valid."""
    obstacle = None if wanted == "plain" else network.obstacle(model)
    if obstacle:
        log.warning("training with the plain forward: %s", obstacle)
    parameters = dict(model.named_parameters())

    def forward(rows: PreparedRows, step: int | None = None) -> Tensor:
        masks = None if step is None else dropout.Masks(seed, step)
        if wanted == "plain" or obstacle:
            return module_forward.logits(model, rows.tokens, masks)
        return network.logits(parameters, rows.batch, masks)

    return forward
