"""The perceptron on its tokens' embeddings, added up as by Furuta et al., or side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mechgrok.config import NonNegativeInt, PositiveInt
from mechgrok.models.init.seeded import seeded
from mechgrok.models.model import Model
from mechgrok.models.options import Activation
from mechgrok.tasks.task import Task

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.models.embedding_perceptron import EmbeddingPerceptron


class EmbeddingMLP(Model):
    """A perceptron on its tokens' embeddings; of any depth. One on one-hot tokens is the kind `mlp`, which has no embedding of its own.

    By default the embeddings are added up, so that the order of tokens does not matter, and there are no biases: the MLP of Furuta et
    al. 2024 (arXiv 2402.16726), code. Initial weights are normal with deviation weight_scale / sqrt(inputs of the matrix), drawn in the
    order of the function; biases start at 0. That code never seeds its draws.
    """

    kind: Literal["embedding-mlp"] = "embedding-mlp"
    d_emb: PositiveInt = 500
    """Width of the embedding, and of what is unembedded."""
    width: PositiveInt = 128
    """Neurons a layer."""
    hidden_layers: Annotated[int, Field(ge=0, le=1000)] = 1
    """Layers of neurons behind the first, which reads the embeddings."""
    widths: tuple[PositiveInt, ...] = ()
    """Neurons of each layer, the first included, instead of width and hidden_layers."""
    activation: Activation = "relu"
    """Of the neurons; gelu is the exact one, x times the normal distribution function, gelu_new its approximation by tanh; quadratic is
    x^2, silu x sigmoid(x), and identity x."""
    combine: Literal["sum", "concatenate"] = "sum"
    """The first layer reads the sum of the embeddings, or the embeddings side by side."""
    separate: bool = False
    """Whether each position has an embedding of its own."""
    biases: bool = False
    """Whether the maps have biases."""
    no_unembedding: bool = False
    """Whether the map out of the last layer gives the logits, without an unembedding of width d_emb."""
    weight_scale: Annotated[float, Field(gt=0)] = 1.0
    """Factor of the initial weights."""
    seed: NonNegativeInt = 0
    """Seed of the initial weights."""

    def architecture(self, task: Task) -> EmbeddingPerceptron:
        from mechgrok.models.embedding_perceptron import EmbeddingPerceptron

        inputs, widths = task.inputs(), self.widths or (self.width,) * (self.hidden_layers + 1)
        return EmbeddingPerceptron(
            layers=len(widths),
            length=inputs.shape[1],
            numbers=tuple(position for position, tokens in enumerate(inputs.T) if (tokens < task.numbers).any()),
            d_emb=self.d_emb,
            widths=widths,
            d_vocab=task.vocabulary,
            d_vocab_out=task.classes,
            activation=self.activation,
            combine=self.combine,
            separate=self.separate,
            biases=self.biases,
            unembedding_width=None if self.no_unembedding else self.d_emb,
        )

    def initial(self, task: Task) -> dict[str, Tensor]:
        import torch

        with seeded(self.seed):
            shapes = self.architecture(task).shapes.items()
            return {name: self._drawn(shape) if len(shape) > 1 else torch.zeros(shape) for name, shape in shapes}

    def _drawn(self, shape: tuple[int, ...]) -> Tensor:
        import torch

        return torch.randn(shape) * (self.weight_scale / shape[-2] ** 0.5)
