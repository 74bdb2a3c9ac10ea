"""A network in training: its parameters, its optimiser, one update, one evaluation."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import Parameter

from mechgrok.config import Config
from mechgrok.maths import losses
from mechgrok.models import dropout
from mechgrok.models.network import Network
from mechgrok.models.tables import Batch
from mechgrok.training.batches import Batches

if TYPE_CHECKING:
    from transformer_lens.HookedRootModule import HookedRootModule

    from mechgrok.training.execution import Execution

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Evaluation:
    """Mean loss (nats a row) and accuracy on one split."""

    split: str
    rows: int
    loss: float
    accuracy: float


class Trainer:
    """Parameters and optimiser of one run, and the rows that they see."""

    def __init__(self, config: Config, is_train: np.ndarray, execution: Execution) -> None:
        self.config = config
        self.device = torch.device(execution.device)
        model = config.model.build(config.task).to(self.device, print_details=False)
        self.parameters: dict[str, Parameter] = dict(model.named_parameters())
        trained = {name: parameter for name, parameter in self.parameters.items() if parameter.requires_grad}
        self.optimizer = config.optimizer.build(trained)
        self.logits = _forward(model, config.model.architecture(config.task), execution.forward, config.training.seed)
        self._splits = {name: self._rows(rows) for name, rows in _split_rows(is_train).items()}
        self._batches = Batches(
            np.flatnonzero(is_train), None if config.training.batch == "full" else config.training.batch, config.training.seed
        )

    def update(self, step: int) -> Tensor:
        """One optimiser step after `step` earlier ones; gives the loss that it started from (scalar)."""
        rows = self._batches.at(step)
        inputs, labels = self._splits["train"] if rows is None else self._rows(rows)
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.optimizer.lr * self.config.schedule.factor(step)
        self.optimizer.zero_grad(set_to_none=True)
        loss = losses.cross_entropy(self.logits(inputs, step), labels, getattr(torch, self.config.training.loss_dtype))
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    @torch.no_grad()
    def evaluate(self) -> list[Evaluation]:
        """Loss and accuracy over all rows of each split that has any."""
        return [self._evaluate(name, *rows) for name, rows in self._splits.items()]

    def _evaluate(self, split: str, inputs: Rows, labels: Tensor) -> Evaluation:
        logits = self.logits(inputs)
        right = int((logits.argmax(1) == labels).sum())
        return Evaluation(split, len(labels), float(losses.per_example(logits, labels).mean()), right / len(labels))

    def _rows(self, rows: np.ndarray) -> tuple[Rows, Tensor]:
        task = self.config.task
        inputs = torch.from_numpy(task.inputs()[rows]).to(self.device)
        return Rows(inputs, Batch.of(inputs)), torch.from_numpy(task.labels()[rows]).to(self.device)

    def state(self) -> dict[str, Tensor]:
        """All that an update depends on: weights and moments, by names that say which."""
        moments = self.optimizer.state_dict()["state"]
        named = {f"optimizer.{index}.{name}": tensor for index, entry in moments.items() for name, tensor in entry.items()}
        return {f"weights.{name}": parameter.detach() for name, parameter in self.parameters.items()} | named

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Puts a state back, number for number."""
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                parameter.copy_(state[f"weights.{name}"])
        moments: dict[int, dict[str, Tensor]] = {}
        for key, tensor in state.items():
            if key.startswith("optimizer."):
                _, index, name = key.split(".")
                moments.setdefault(int(index), {})[name] = tensor.clone()
        self.optimizer.load_state_dict(self.optimizer.state_dict() | {"state": moments})


@dataclass(frozen=True)
class Rows:
    """Tokens (n, pos), and the same prepared for the fast forward."""

    tokens: Tensor
    batch: Batch


class Forward(Protocol):
    """Logits (n, d_vocab_out) at the position that is read, with dropout where the step of an update is given."""

    def __call__(self, rows: Rows, step: int | None = None) -> Tensor:
        """`rows` may be of any split."""
        ...


def _forward(model: HookedRootModule, network: Network, wanted: str, seed: int) -> Forward:
    """The network's own way where that is wanted and valid, else the module's."""
    obstacle = None if wanted == "plain" else network.obstacle(model)
    if obstacle:
        log.warning("training with the plain forward: %s", obstacle)
    parameters = dict(model.named_parameters())

    def forward(rows: Rows, step: int | None = None) -> Tensor:
        masks = None if step is None else dropout.Masks(seed, step)
        if wanted == "plain" or obstacle:
            return dropout.run(model, rows.tokens, masks)
        return network.logits(parameters, rows.batch, masks)

    return forward


def _split_rows(is_train: np.ndarray) -> dict[str, np.ndarray]:
    rows = {"train": np.flatnonzero(is_train), "test": np.flatnonzero(~is_train)}
    return {name: found for name, found in rows.items() if len(found)}
