"""What is minimised: a mean over rows (of each task of a mixture), a penalty on the weights, and the noise under which it is seen."""

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
    """Whether the loss that is trained is, without penalties, the mean cross-entropy over rows that is recorded of every run."""
    return config.training.loss == "cross-entropy" and as_mixture(config.task) is None


class Objective:
    """The loss of a run's batches, and the penalty on its trained parameters."""

    def __init__(self, training: Training, parameters: Mapping[str, Parameter]) -> None:
        self.training = training
        self.parameters = parameters
        self._loss = LOSSES[training.loss]
        self._dtype: torch.dtype = getattr(torch, training.loss_dtype)

    def data(self, logits: Tensor, labels: Tensor, tasks: Sequence[Tensor] = ()) -> Tensor:
        """The loss of some rows (scalar): logits (batch, classes), labels (batch,).

        `tasks` are the places in the batch of each task of a mixture that has any. Their mean losses are added (Furuta et al. 2024,
        arXiv 2402.16726, released code), so a task counts as much as another, however many rows it has.
        """
        if not tasks:
            return self._loss(logits, labels, self._dtype)
        return torch.stack([self._loss(logits.index_select(0, places), labels[places], self._dtype) for places in tasks]).sum()

    def penalty(self) -> Tensor:
        """lp_alpha times the mean over trained parameter tensors of their lp norm (scalar)."""
        norms = [torch.linalg.vector_norm(parameter, self.training.lp) for parameter in self.parameters.values()]
        return self.training.lp_alpha * torch.stack(norms).mean()

    def backward(self, logits: Callable[[], Tensor], labels: Tensor, step: int, tasks: Sequence[Tensor] = ()) -> Tensor:
        """Adds the gradient of the objective to the parameters; gives its value (scalar). `logits` are computed under the noise."""
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
        """Normal noise on every trained parameter, taken back at the end to the bit; the penalty does not see it."""
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
