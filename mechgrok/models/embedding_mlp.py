"""The perceptron of Furuta et al.: the embeddings of the tokens are added up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mechgrok.config import Counting, Positive
from mechgrok.models.model import Model
from mechgrok.models.network import Network
from mechgrok.tasks.task import Task

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.models.forward.dropout import Masks
    from mechgrok.models.forward.notes import Note
    from mechgrok.models.hooks.hooked_network import HookedNetwork
    from mechgrok.models.network import Weights


class EmbeddingMLP(Model):
    """A perceptron on the sum of its tokens' embeddings, blind to their order; the MLP of Furuta et al. 2024 (arXiv 2402.16726), code.

    No biases. Initial weights are normal with deviation weight_scale / sqrt(inputs of the matrix), drawn in the order of the function;
    that code never seeds them.
    """

    kind: Literal["embedding-mlp"] = "embedding-mlp"
    d_emb: Positive = 500
    """Width of the embedding, and of what is unembedded."""
    width: Positive = 128
    """Neurons a layer."""
    hidden_layers: Positive = 1
    """Layers of neurons behind the first, which reads the embeddings."""
    activation: Literal["relu", "gelu", "quadratic"] = "relu"
    """Of the neurons; gelu is the exact one, x times the normal distribution function; quadratic is x^2."""
    weight_scale: Annotated[float, Field(gt=0)] = 1.0
    """Factor of the initial weights."""
    seed: Counting = 0
    """Seed of the initial weights."""

    def architecture(self, task: Task) -> EmbeddingSum:
        sizes = {"length": task.inputs().shape[1], "d_vocab": task.vocabulary, "d_vocab_out": task.classes}
        return EmbeddingSum(layers=self.hidden_layers + 1, d_emb=self.d_emb, d_mlp=self.width, activation=self.activation, **sizes)

    def initial(self, task: Task) -> dict[str, Tensor]:
        import torch

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            shapes = self.architecture(task).shapes.items()
            return {name: torch.randn(shape) * (self.weight_scale / shape[0] ** 0.5) for name, shape in shapes}


@dataclass(frozen=True)
class EmbeddingSum(Network):
    """pre_0 = sum over pos of W_E[token] W_in, post = act(pre), pre_{l+1} = post_l W_in, logits = post W_out W_U."""

    layers: int
    length: int
    """Tokens a row."""
    d_emb: int
    d_mlp: int
    d_vocab: int
    d_vocab_out: int
    activation: Literal["relu", "gelu", "quadratic"]
    heads: int = 0

    @property
    def shapes(self) -> Mapping[str, tuple[int, int]]:
        """Of every parameter, in the order of the function."""
        hidden = {f"blocks.{layer}.mlp.W_in": (self.d_mlp if layer else self.d_emb, self.d_mlp) for layer in range(self.layers)}
        out = {f"blocks.{self.layers - 1}.mlp.W_out": (self.d_mlp, self.d_emb), "unembed.W_U": (self.d_emb, self.d_vocab_out)}
        return {"embed.W_E": (self.d_vocab, self.d_emb), **hidden, **out}

    def embed(self, weights: Weights, tokens: Tensor) -> Tensor:
        import torch.nn.functional as F

        return F.embedding(tokens, weights["embed.W_E"])

    def from_embedded(self, weights: Weights, x: Tensor, note: Note, masks: Masks | None = None) -> Tensor:
        from mechgrok.models.forward.activations import ACTIVATIONS

        x = x.sum(1, keepdim=True)
        for layer in range(self.layers):
            module = f"blocks.{layer}.mlp"
            x = note(f"{module}.hook_post", ACTIVATIONS[self.activation](note(f"{module}.hook_pre", x @ weights[f"{module}.W_in"])))
        out = note(f"blocks.{self.layers - 1}.hook_mlp_out", x @ weights[f"blocks.{self.layers - 1}.mlp.W_out"])
        return out[:, 0] @ weights["unembed.W_U"]

    def embedding(self, weights: Weights) -> Tensor:
        return weights["embed.W_E"]

    def with_embedding(self, weights: Weights, embedding: Tensor) -> dict[str, Tensor]:
        return {"embed.W_E": embedding}

    def unembedding(self, weights: Weights) -> Tensor:
        return weights["unembed.W_U"]

    def neuron_logit_map(self, weights: Weights) -> Tensor:
        return weights[f"blocks.{self.layers - 1}.mlp.W_out"] @ weights["unembed.W_U"]

    def module(self, weights: Weights) -> HookedNetwork:
        from mechgrok.models.hooks.hooked_network import hooked

        return hooked(self, weights, self.shapes, self.length)
