"""The objective of training: a mean loss over rows (for each task of a mixture), a penalty on the weights, and weight noise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn import Parameter

from mechgrok.config import Config, Training
from mechgrok.maths.landscape import losses
from mechgrok.tasks.parts import as_mixture
from mechgrok.training import randomness

LOSSES: Mapping[str, Callable[[Tensor, Tensor, torch.dtype], Tensor]] = {
    "cross-entropy": losses.cross_entropy,
    "stablemax": losses.stablemax_cross_entropy,
    "mse": losses.mean_squared_error,
}


def is_recorded(config: Config) -> bool:
    """Whether the minimised loss, without penalties, equals the mean cross-entropy over rows, which is recorded of every run."""
    return config.training.loss == "cross-entropy" and as_mixture(config.task) is None


class Objective:
    """The loss of a batch, the penalty on the trained parameters, and their gradients."""

    def __init__(self, training: Training, parameters: Mapping[str, Parameter]) -> None:
        self.training = training
        self.parameters = parameters
        self._loss = LOSSES[training.loss]
        self._dtype: torch.dtype = getattr(torch, training.loss_dtype)

    def data(self, logits: Tensor, labels: Tensor, tasks: Sequence[Tensor] = ()) -> Tensor:
        """The loss (scalar) of logits (batch, classes) against labels (batch,), without the penalty.

        `tasks` holds, for each task of a mixture with rows in the batch, their indices in it. The mean losses of the tasks are added
        (Furuta et al. 2024, arXiv 2402.16726, released code), so all tasks have equal weight, whatever their numbers of rows.
        """
        if not tasks:
            return self._loss(logits, labels, self._dtype)
        return torch.stack([self._loss(logits.index_select(0, places), labels[places], self._dtype) for places in tasks]).sum()

    def penalty(self) -> Tensor:
        """lp_alpha times the mean over trained parameter tensors of their lp norm (scalar)."""
        norms = [torch.linalg.vector_norm(parameter, self.training.lp) for parameter in self.parameters.values()]
        return self.training.lp_alpha * torch.stack(norms).mean()

    def backward(self, logits: Callable[[], Tensor], labels: Tensor, step: int, tasks: Sequence[Tensor] = ()) -> Tensor:
        """Add the gradient of the objective to the parameters; returns its value (scalar). `logits` is called under the weight noise."""
        with self._noise(step):
            loss = self.data(logits(), labels, tasks)
            loss.backward()
        if self.training.lp_alpha:
            penalty = self.penalty()
            penalty.backward()
            loss = loss + penalty
        return loss.detach()

    @contextmanager
    def _noise(self, step: int) -> Iterator[None]:
        """Add normal noise to every trained parameter, and restore the exact weights at the end. The penalty is computed without noise."""
        if not self.training.weight_noise:
            yield
            return
        kept = {name: parameter.detach().clone() for name, parameter in self.parameters.items()}
        draw = randomness.generator(self.training.seed, step, randomness.WEIGHT_NOISE)
        with torch.no_grad():
            for parameter in self.parameters.values():
                noise = torch.randn(parameter.shape, generator=draw, dtype=parameter.dtype).to(parameter.device)
                parameter.add_(noise, alpha=self.training.weight_noise)
        yield
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                parameter.copy_(kept[name])
