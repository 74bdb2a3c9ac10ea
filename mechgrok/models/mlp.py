"""The perceptron of the MIML project: tokens one-hot, hidden layers with dropout."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mechgrok.config import Depth, NonNegativeInt, PositiveInt
from mechgrok.models.init.seeded import seeded
from mechgrok.models.model import Model
from mechgrok.models.options import Activation
from mechgrok.tasks.task import Task

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.models.one_hot import OneHotMLP


class MLP(Model):
    """A perceptron on one-hot tokens side by side, of any depth, with dropout. The defaults are the MLP of MIML-grokking.

    One that adds the one-hot tokens up has the same first matrix for each position. One with embeddings is the kind `embedding-mlp`, and
    `quadratic-mlp` is one of these with the factor and the initial weights of Gromov's.

    A position that always holds the same token, such as '=', is not read, as in that code. Its initial weights are those of PyTorch's
    nn.Linear, made layer after layer. That code also holds an embedding that nothing reads, which counts as parameters there and is left
    out here.
    """

    kind: Literal["mlp"] = "mlp"
    hidden_layers: Depth = 2
    """Layers of neurons."""
    width: PositiveInt = 256
    """Neurons a layer."""
    widths: tuple[PositiveInt, ...] = ()
    """Neurons of each layer, instead of width and hidden_layers."""
    activation: Activation = "relu"
    """Of the neurons; gelu is the exact one, x times the normal distribution function, gelu_new its approximation by tanh; quadratic is
    x^2, silu x sigmoid(x), and identity x."""
    biases: bool = True
    """Whether the maps have biases."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of each layer's neurons that is dropped in training."""
    seed: NonNegativeInt = 0
    """Seed of the initial weights."""

    def architecture(self, task: Task) -> OneHotMLP:
        from mechgrok.models.one_hot import OneHotMLP, positions

        widths = self.widths or (self.width,) * self.hidden_layers
        return OneHotMLP(
            layers=len(widths),
            **positions(task),
            widths=widths,
            d_vocab=task.vocabulary,
            d_vocab_out=task.classes,
            activation=self.activation,
            biases=self.biases,
            dropout=self.dropout,
        )

    def initial(self, task: Task) -> dict[str, Tensor]:
        from torch import nn

        shape = self.architecture(task)
        with seeded(self.seed):
            sizes = (len(shape.read) * shape.d_vocab, *shape.widths, shape.d_vocab_out)
            *hidden, last = (nn.Linear(into, out, bias=self.biases) for into, out in pairwise(sizes))
        weights = {f"blocks.{layer}.mlp.W_in": each.weight.T for layer, each in enumerate(hidden)}
        weights["embed.W_E"] = weights.pop("blocks.0.mlp.W_in").reshape(len(shape.read), shape.d_vocab, shape.widths[0])
        module = f"blocks.{shape.layers - 1}.mlp"
        weights[f"{module}.W_out"] = last.weight.T
        if self.biases:
            weights |= {f"blocks.{layer}.mlp.b_in": each.bias for layer, each in enumerate(hidden)} | {f"{module}.b_out": last.bias}
        return {name: tensor.detach().contiguous() for name, tensor in weights.items()}
