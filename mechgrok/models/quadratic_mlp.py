"""Gromov's network, whose solution is known in closed form."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

from mechgrok.config import NonNegativeInt, PositiveInt
from mechgrok.errors import UserError
from mechgrok.models.init.seeded import seeded
from mechgrok.models.model import Model
from mechgrok.tasks.task import Task

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.models.one_hot import OneHotMLP


class QuadraticMLP(Model):
    """One layer of squares on one-hot operands, without biases: logits = W_2 (W_1 [a; b])^2 / (2 p N); Gromov 2023 (arXiv 2301.02679).

    `embed.W_E` (pos, p, N) is W_1 and `blocks.0.mlp.W_out` (N, p) is W_2, transposed, both without the factor; W_L holds it.
    """

    kind: Literal["quadratic-mlp"] = "quadratic-mlp"
    d_mlp: PositiveInt = 512
    """N, how many neurons there are."""
    init: Literal["gromov2023", "devon2024", "analytic"] = "gromov2023"
    """gromov2023: every weight normal with deviation 1, as in the paper; devon2024: PyTorch's nn.Linear, W_1 then W_2, as in
    devon-research's grokking; analytic: the paper's solution of a + b mod p, frequencies in turn and phases at random."""
    seed: NonNegativeInt = 0
    """Seed of the initial weights."""

    def architecture(self, task: Task) -> OneHotMLP:
        """Raises UserError where a row holds other tokens than operands, or where init is `analytic` and the task is not addition."""
        from mechgrok.models.one_hot import OneHotMLP, positions

        inputs = task.inputs()
        if (inputs >= task.numbers).any():
            raise UserError('the quadratic MLP reads operands alone, and rows of this task hold other tokens; use --task.layout "a b"')
        if self.init == "analytic" and not _adds_two(task, inputs):
            raise UserError("model.init analytic adds two numbers modulo p, and this task does something else; use gromov2023")
        return OneHotMLP(
            layers=1,
            **positions(task),
            widths=(self.d_mlp,),
            d_vocab=task.vocabulary,
            d_vocab_out=task.classes,
            activation="quadratic",
            biases=False,
            scale=1 / (inputs.shape[1] * task.vocabulary * self.d_mlp),
        )

    def initial(self, task: Task) -> dict[str, Tensor]:

        shape = self.architecture(task)
        with seeded(self.seed):
            W_1, W_2 = {"gromov2023": _normal, "devon2024": _linear, "analytic": _analytic}[self.init](shape)
        W_E = W_1.T.reshape(shape.length, shape.d_vocab, self.d_mlp)
        return {"embed.W_E": W_E.contiguous(), "blocks.0.mlp.W_out": W_2.T.contiguous()}


def _adds_two(task: Task, inputs: np.ndarray) -> bool:
    return inputs.shape[1] == 2 and np.array_equal(inputs.sum(1) % task.numbers, task.labels())


def _normal(shape: OneHotMLP) -> tuple[Tensor, Tensor]:
    """W_1 (N, pos * p) and W_2 (p, N)."""
    import torch

    return torch.randn(shape.widths[0], shape.length * shape.d_vocab), torch.randn(shape.d_vocab_out, shape.widths[0])


def _linear(shape: OneHotMLP) -> tuple[Tensor, Tensor]:
    from torch import nn

    first = nn.Linear(shape.length * shape.d_vocab, shape.widths[0], bias=False)
    return first.weight.detach(), nn.Linear(shape.widths[0], shape.d_vocab_out, bias=False).weight.detach()


def _analytic(shape: OneHotMLP) -> tuple[Tensor, Tensor]:
    """cos(w n + x), cos(w m + y) and cos(w q + x + y) with w = 2 pi s / p, s = 1 .. p // 2 in turn, x and y uniform on the circle."""
    import torch

    p = shape.d_vocab
    w = 2 * math.pi / p * (torch.arange(shape.widths[0], dtype=torch.float64) % max(1, p // 2) + 1)[:, None]
    x, y = 2 * math.pi * torch.rand(2, shape.widths[0], 1, dtype=torch.float64)
    tokens = torch.arange(p, dtype=torch.float64)
    W_1 = torch.cat([torch.cos(w * tokens + x), torch.cos(w * tokens + y)], dim=1)
    return W_1.float(), torch.cos(w * tokens + x + y).T.float()
