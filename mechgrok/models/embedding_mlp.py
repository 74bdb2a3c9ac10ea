"""The perceptron of Furuta et al.: the embeddings of the tokens are added up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mechgrok.config import NonNegativeInt, PositiveInt
from mechgrok.models.model import Model
from mechgrok.tasks.task import Task

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.models.embedding_sum import EmbeddingSum


class EmbeddingMLP(Model):
    """A perceptron on the sum of its tokens' embeddings, blind to their order; the MLP of Furuta et al. 2024 (arXiv 2402.16726), code.

    No biases. Initial weights are normal with deviation weight_scale / sqrt(inputs of the matrix), drawn in the order of the function;
    that code never seeds them.
    """

    kind: Literal["embedding-mlp"] = "embedding-mlp"
    d_emb: PositiveInt = 500
    """Width of the embedding, and of what is unembedded."""
    width: PositiveInt = 128
    """Neurons a layer."""
    hidden_layers: PositiveInt = 1
    """Layers of neurons behind the first, which reads the embeddings."""
    activation: Literal["relu", "gelu", "quadratic"] = "relu"
    """Of the neurons; gelu is the exact one, x times the normal distribution function; quadratic is x^2."""
    weight_scale: Annotated[float, Field(gt=0)] = 1.0
    """Factor of the initial weights."""
    seed: NonNegativeInt = 0
    """Seed of the initial weights."""

    def architecture(self, task: Task) -> EmbeddingSum:
        from mechgrok.models.embedding_sum import EmbeddingSum

        sizes = {"length": task.inputs().shape[1], "d_vocab": task.vocabulary, "d_vocab_out": task.classes}
        return EmbeddingSum(layers=self.hidden_layers + 1, d_emb=self.d_emb, d_mlp=self.width, activation=self.activation, **sizes)

    def initial(self, task: Task) -> dict[str, Tensor]:
        import torch

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            shapes = self.architecture(task).shapes.items()
            return {name: torch.randn(shape) * (self.weight_scale / shape[0] ** 0.5) for name, shape in shapes}
