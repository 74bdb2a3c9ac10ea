"""The perceptron of the MIML project: tokens one-hot, hidden layers with dropout."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mechgrok.config import NonNegativeInt, PositiveInt
from mechgrok.models.model import Model
from mechgrok.tasks.task import Task

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.models.one_hot import OneHotMLP


class MLP(Model):
    """A perceptron on one-hot tokens side by side, with dropout. The defaults are the MLP of MIML-grokking.

    A position that always holds the same token, such as '=', is not read, as in that code. Its initial weights are those of PyTorch's
    nn.Linear, made layer after layer. That code also holds an embedding that nothing reads, which counts as parameters there and is left
    out here.
    """

    kind: Literal["mlp"] = "mlp"
    hidden_layers: PositiveInt = 2
    """Layers of neurons."""
    width: PositiveInt = 256
    """Neurons a layer."""
    activation: Literal["relu", "gelu", "quadratic"] = "relu"
    """Of the neurons; gelu is the exact one, x times the normal distribution function; quadratic is x^2."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of each layer's neurons that is dropped in training."""
    seed: NonNegativeInt = 0
    """Seed of the initial weights."""

    def architecture(self, task: Task) -> OneHotMLP:
        from mechgrok.models.one_hot import OneHotMLP, positions

        return OneHotMLP(
            layers=self.hidden_layers,
            **positions(task),
            d_mlp=self.width,
            d_vocab=task.vocabulary,
            d_vocab_out=task.classes,
            activation=self.activation,
            biases=True,
            dropout=self.dropout,
        )

    def initial(self, task: Task) -> dict[str, Tensor]:
        import torch
        from torch import nn

        shape = self.architecture(task)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            sizes = [len(shape.read) * shape.d_vocab] + [self.width] * self.hidden_layers + [shape.d_vocab_out]
            made = [nn.Linear(into, out) for into, out in pairwise(sizes)]
        *hidden, last = made
        weights = {f"blocks.{layer}.mlp.W_in": each.weight.T for layer, each in enumerate(hidden)}
        weights["embed.W_E"] = weights.pop("blocks.0.mlp.W_in").reshape(len(shape.read), shape.d_vocab, self.width)
        weights |= {f"blocks.{layer}.mlp.b_in": each.bias for layer, each in enumerate(hidden)}
        module = f"blocks.{self.hidden_layers - 1}.mlp"
        weights |= {f"{module}.W_out": last.weight.T, f"{module}.b_out": last.bias}
        return {name: tensor.detach().contiguous() for name, tensor in weights.items()}
