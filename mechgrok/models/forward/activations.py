"""The activation functions of neurons by their names in a config, and the neurons of an MLP."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from mechgrok.models.forward.notes import Note
from mechgrok.models.options import Activation
from mechgrok.models.shape import Shape
from mechgrok.models.weights import Weights


def _identity(x: Tensor) -> Tensor:
    return x


def _squared_relu(x: Tensor) -> Tensor:
    return F.relu(x).square()


def _quick_gelu(x: Tensor) -> Tensor:
    return x * torch.sigmoid(1.702 * x)


ACTIVATIONS: dict[Activation, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "gelu": F.gelu,
    "gelu_new": partial(F.gelu, approximate="tanh"),
    "quadratic": torch.square,
    "silu": F.silu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "leaky_relu": F.leaky_relu,
    "identity": _identity,
    "elu": F.elu,
    "selu": F.selu,
    "mish": F.mish,
    "softplus": F.softplus,
    "relu2": _squared_relu,
    "quick_gelu": _quick_gelu,
    "sin": torch.sin,
}


def neurons_of(weights: Weights, shape: Shape, module: str, x: Tensor, note: Note) -> Tensor:
    """act(x W_in + b_in), or act(x W_gate + b_gate) (x W_in + b_in); the argument of act is noted as hook_pre."""
    into = F.linear(x, weights[f"{module}.W_in"].T, weights.get(f"{module}.b_in"))
    if not shape.gated:
        return note(f"{module}.hook_post", ACTIVATIONS[shape.activation](note(f"{module}.hook_pre", into)))
    gate = note(f"{module}.hook_pre", F.linear(x, weights[f"{module}.W_gate"].T, weights.get(f"{module}.b_gate")))
    return note(f"{module}.hook_post", ACTIVATIONS[shape.activation](gate) * note(f"{module}.hook_pre_linear", into))
