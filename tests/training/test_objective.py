"""What is minimised, against plain computations; what is random, from (seed, step) alone."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from plain_training import P, loss, split, table, trainer
from torch import Tensor
from torch.nn import Parameter
from trained_runs import config

from mechgrok.config import Training
from mechgrok.training.objective import Objective


def plain(made: Any) -> tuple[Any, Tensor, Tensor]:
    """The library's network, its logits on the train rows in float64, and their labels."""
    model = made.model.build(made.task)
    tokens, labels = table(split()["train"])
    return model, model(tokens)[:, -1].double(), labels


def test_squared_error_is_trained_on_all_logits() -> None:
    """The one of '=' too: seven numbers, eight classes."""
    made = config(training__loss="mse")
    ours, (model, logits, labels) = trainer(made), plain(made)
    expected = ((logits - torch.eye(P + 1)[labels]) ** 2).sum() / (len(labels) * (P + 1))
    assert ours.update(0).item() == pytest.approx(expected.item(), rel=1e-6)
    expected.backward()
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            torch.testing.assert_close(ours.parameters[name].grad, parameter.grad, rtol=1e-4, atol=1e-7, msg=name)


def test_stablemax_is_trained_and_cross_entropy_recorded() -> None:
    made = config(training__loss="stablemax")
    ours, (_, logits, labels) = trainer(made), plain(made)
    s = torch.where(logits >= 0, logits + 1, 1 / (1 - logits))
    expected = -(s / s.sum(1, keepdim=True)).log().gather(1, labels[:, None]).mean().item()
    train, test = ours.evaluate()
    assert train.trained == train.objective == pytest.approx(expected, rel=1e-6)
    assert train.loss == pytest.approx(F.cross_entropy(logits, labels).item(), rel=1e-6)
    assert test.trained is not None
    assert ours.update(0).item() == pytest.approx(expected, rel=1e-6)


def test_where_cross_entropy_is_trained_it_is_the_only_loss() -> None:
    assert [(each.trained, each.objective) for each in trainer(config()).evaluate()] == [
        (None, each.loss) for each in trainer(config()).evaluate()
    ]


@pytest.mark.parametrize(("lp", "norms"), [(1.0, (7.0, 5.0)), (2.0, (5.0, 13**0.5)), (3.0, (91 ** (1 / 3), 35 ** (1 / 3)))])
def test_the_penalty_is_a_mean_of_norms(lp: float, norms: tuple[float, float]) -> None:
    parameters = {"W": Parameter(torch.tensor([[3.0], [-4.0]])), "b": Parameter(torch.tensor([-2.0, 3.0, 0.0]))}
    found = Objective(Training(lp_alpha=0.5, lp=lp), parameters).penalty()
    assert found.item() == pytest.approx(0.5 * sum(norms) / 2, rel=1e-6)


def test_the_penalty_is_minimised_with_the_loss_and_leaves_zero_biases_alone() -> None:
    """The gradient of |w|_2 is w / |w|; frozen biases are no tensors of the mean."""
    made = config(training__lp_alpha=3.0)
    ours, without, model = trainer(made), trainer(config()), made.model.build(made.task)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    penalty = 3.0 * sum(parameter.norm().item() for parameter in trained) / len(trained)
    assert ours.update(0).item() == pytest.approx(loss(model, split()["train"]).item() + penalty, rel=1e-6)
    without.update(0)
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            norm = parameter.norm() if parameter.any() else 1.0
            expected = without.parameters[name].grad + 3.0 / len(trained) * parameter / norm
            torch.testing.assert_close(ours.parameters[name].grad, expected.detach(), rtol=1e-5, atol=1e-8, msg=name)


def clipped(norm: float | None) -> tuple[Any, float]:
    ours = trainer(config(training__clip_norm=norm))
    ours.update(0)
    grads = {name: parameter.grad.double() for name, parameter in ours.parameters.items() if parameter.grad is not None}
    return grads, math.sqrt(sum(float(grad.square().sum()) for grad in grads.values()))


def test_gradients_are_clipped_as_one_vector() -> None:
    free, norm = clipped(None)
    small, found = clipped(norm / 10)
    assert found == pytest.approx(norm / 10, rel=1e-4)
    for name in free:
        torch.testing.assert_close(small[name], free[name] / 10, rtol=1e-4, atol=1e-12, msg=name)
    assert clipped(10 * norm)[1] == norm


def test_the_initial_weights_are_scaled() -> None:
    scaled, plain_ones = trainer(config(training__init_scale=2.5)), trainer(config())
    for name, parameter in plain_ones.parameters.items():
        torch.testing.assert_close(scaled.parameters[name].detach(), 2.5 * parameter.detach(), rtol=1e-7, atol=0, msg=name)


class TestWeightNoise:
    """The loss is seen at noisy weights; the weights themselves move from where they were."""

    def noise(self, sigma: float, seed: int = 0, step: int = 0) -> Any:
        ours = trainer(config(training__weight_noise=sigma, training__seed=seed, schedule__steps=0, optimizer__lr=1e-12))
        before = {name: parameter.detach().clone() for name, parameter in ours.parameters.items()}
        return ours.update(step).item(), ours, before

    def test_it_is_gone_after_the_update(self) -> None:
        _, ours, before = self.noise(0.3)
        for name, parameter in ours.parameters.items():
            torch.testing.assert_close(parameter.detach(), before[name], rtol=1e-9, atol=1e-10, msg=name)

    def test_it_has_its_standard_deviation(self) -> None:
        """A logit that is linear in noisy weights w + e has the variance sigma^2 |x|^2 over many steps."""
        weights, x = Parameter(torch.ones(50, dtype=torch.float64)), torch.linspace(0, 1, 50, dtype=torch.float64)
        objective = Objective(Training(weight_noise=0.2, loss="mse"), {"w": weights})
        seen = []
        for step in range(2000):
            objective.backward(lambda: seen.append((weights @ x).item()) or (weights @ x).view(1, 1), torch.tensor([0]), step)
        found = torch.tensor(seen)
        assert found.mean().item() == pytest.approx(25.0, abs=4 * 0.2 * float(x.norm()) / 2000**0.5)
        # The standard deviation of 2000 draws is known to 1.6 per cent.
        assert found.std().item() == pytest.approx(0.2 * float(x.norm()), rel=0.07)
        assert torch.equal(weights.detach(), torch.ones(50, dtype=torch.float64))

    def test_its_gradient_is_that_at_the_noisy_weights(self) -> None:
        """Of (w - 1)^2 at w = 3 + e: 2 (2 + e), e from what the loss was."""
        weights = Parameter(torch.tensor([3.0], dtype=torch.float64))
        objective = Objective(Training(weight_noise=0.5, loss="mse"), {"w": weights})
        value = objective.backward(lambda: weights.view(1, 1), torch.tensor([0]), 7)
        assert weights.grad is not None
        assert weights.grad.item() == pytest.approx(2 * math.sqrt(value.item()), rel=1e-12)
        assert value.item() != pytest.approx(4.0, rel=1e-2)

    def test_it_comes_from_seed_and_step_alone(self) -> None:
        torch.manual_seed(5)
        one = self.noise(0.3, step=3)[0]
        torch.manual_seed(6)
        assert self.noise(0.3, step=3)[0] == one
        assert len({one, self.noise(0.3, step=4)[0], self.noise(0.3, seed=1, step=3)[0], self.noise(0.0)[0]}) == 4
