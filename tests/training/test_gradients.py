"""Gradient filters against their papers' formulas, by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import Parameter

from mechgrok.training.gradients.gradient import Gradient
from mechgrok.training.gradients.grokfast import Grokfast
from mechgrok.training.gradients.grokfast_ma import GrokfastMA
from mechgrok.training.gradients.none import Unfiltered
from mechgrok.training.gradients.orthogonal import Orthogonal

GRADIENTS = [1.0, 2.0, -4.0, 8.0, 16.0]


def filtered(gradient: Gradient, series: list[float]) -> list[float]:
    """What becomes of a series of gradients of one weight."""
    parameter, memory, found = Parameter(torch.zeros(1, dtype=torch.float64)), {}, []
    for step, value in enumerate(series):
        parameter.grad = torch.tensor([value], dtype=torch.float64)
        gradient.filter({"w": parameter}, memory, step)
        found.append(parameter.grad.item())
    return found


def test_unfiltered_gradients_stay() -> None:
    assert filtered(Unfiltered(), GRADIENTS) == GRADIENTS


def test_grokfast_adds_the_moving_average() -> None:
    """alpha 1/2: mu = 1, 3/2, -5/4, 27/8, 155/16; lamb 4."""
    means = [1, 3 / 2, -5 / 4, 27 / 8, 155 / 16]
    expected = [g + 4 * mu for g, mu in zip(GRADIENTS, means, strict=True)]
    assert filtered(Grokfast(alpha=0.5, lamb=4), GRADIENTS) == expected


def test_a_constant_gradient_is_amplified_by_one_plus_lamb() -> None:
    assert filtered(Grokfast(), [3.0] * 4) == pytest.approx([9.0] * 4, rel=1e-14)


def test_grokfast_ma_adds_the_mean_of_the_window_once_it_is_full() -> None:
    """Windows of three: 1, 2, -4 and 2, -4, 8 and -4, 8, 16; means -1/3, 2, 20/3; lamb 3."""
    assert filtered(GrokfastMA(window=3, lamb=3), GRADIENTS) == pytest.approx([1, 2, -5, 14, 36], rel=1e-14)


def tensors() -> dict[str, Parameter]:
    draw = torch.Generator().manual_seed(0)
    parameters = {name: Parameter(torch.randn(shape, generator=draw)) for name, shape in {"W": (5, 7), "b": (3,)}.items()}
    for parameter in parameters.values():
        parameter.grad = torch.randn(parameter.shape, generator=draw)
    return parameters


def along(parameter: Parameter) -> float:
    """Cosine of gradient and weights."""
    g, w = parameter.grad.double().flatten(), parameter.detach().double().flatten()
    return float(g @ w / (g.norm() * w.norm()))


@pytest.mark.parametrize("rescale", [True, False])
def test_orthogonal_gradients_are_at_right_angles_to_the_weights(rescale: bool) -> None:
    parameters = tensors()
    before = {name: parameter.grad.clone().double() for name, parameter in parameters.items()}
    assert all(abs(along(parameter)) > 0.02 for parameter in parameters.values())
    Orthogonal(rescale=rescale).filter(parameters, {}, 0)
    for name, parameter in parameters.items():
        g, w = before[name], parameter.detach().double()
        left = g - (g * w).sum() / (w * w).sum() * w
        expected = left * (g.norm() / left.norm() if rescale else 1)
        assert abs(along(parameter)) < 1e-7
        torch.testing.assert_close(parameter.grad, expected.float(), msg=name)


@pytest.mark.parametrize("rescale", [True, False])
def test_of_a_gradient_along_the_weights_nothing_is_left_but_rounding(rescale: bool) -> None:
    parameter = Parameter(torch.tensor([3.0, -7.0, 0.1]))
    parameter.grad = 5 * parameter.detach()
    Orthogonal(rescale=rescale).filter({"w": parameter}, {}, 0)
    assert parameter.grad.norm() < 1e-5 * 5 * parameter.detach().norm()


def test_weights_that_are_zero_keep_their_gradient() -> None:
    """Biases start there."""
    parameter = Parameter(torch.zeros(3))
    parameter.grad = torch.tensor([1.0, -2.0, 4.0])
    Orthogonal().filter({"b": parameter}, {}, 0)
    assert parameter.grad.tolist() == [1.0, -2.0, 4.0]


@pytest.mark.parametrize("gradient", [Grokfast(), GrokfastMA(window=2), Orthogonal(), Unfiltered()], ids=str)
def test_a_parameter_without_a_gradient_is_passed_over(gradient: Gradient) -> None:
    memory: dict[str, Tensor] = {}
    gradient.filter({"w": Parameter(torch.ones(2))}, memory, 0)
    assert not memory
