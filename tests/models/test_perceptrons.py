"""Perceptrons of any depth on embeddings and one-hot tokens, beside torch's own modules in a row."""

from __future__ import annotations

from typing import Any, get_args

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch_transformer import ACTIVATIONS

from mechgrok.models.embedding_mlp import EmbeddingMLP
from mechgrok.models.forward.tables import Batch
from mechgrok.models.mlp import MLP
from mechgrok.models.options import Activation
from mechgrok.tasks.modular import Modular

P = 7
BARE, EQUALS = Modular(p=P, layout="a b"), Modular(p=P)


def in_a_row(maps: list[nn.Linear], activation: str, x: Tensor) -> Tensor:
    """The maps with the activation between them."""
    for index, each in enumerate(maps):
        x = each(ACTIVATIONS[activation](x) if index else x)
    return x


def linear(weights: dict[str, Tensor], module: str, name: str) -> nn.Linear:
    W, b = weights[f"{module}.W_{name}"], weights.get(f"{module}.b_{name}")
    made = nn.Linear(*W.shape, bias=b is not None, dtype=W.dtype)
    made.weight.data = W.T
    if b is not None:
        made.bias.data = b
    return made.requires_grad_(False)


def of_embeddings(model: EmbeddingMLP, weights: dict[str, Tensor], tokens: Tensor) -> Tensor:
    tables = list(weights["embed.W_E"]) if model.separate else [weights["embed.W_E"]] * tokens.shape[1]
    parts = [nn.Embedding.from_pretrained(table)(column) for table, column in zip(tables, tokens.T, strict=True)]
    layers = len(model.widths or range(model.hidden_layers + 1))
    maps = [linear(weights, f"blocks.{layer}.mlp", "in") for layer in range(layers)]
    maps.append(linear(weights, f"blocks.{layers - 1}.mlp", "out"))
    out = in_a_row(maps, model.activation, torch.cat(parts, 1) if model.combine == "concatenate" else sum(parts))
    return out if model.no_unembedding else linear(weights, "unembed", "U")(out)


def of_one_hot(model: MLP, weights: dict[str, Tensor], tokens: Tensor) -> Tensor:
    x = F.one_hot(tokens[:, :2], weights["embed.W_E"].shape[1]).double().flatten(1)
    first = {"first.W_in": weights["embed.W_E"].flatten(0, 1)}
    first |= {"first.b_in": weights["blocks.0.mlp.b_in"]} if model.biases else {}
    layers = len(model.widths or range(model.hidden_layers))
    maps = [linear(first, "first", "in"), *(linear(weights, f"blocks.{layer}.mlp", "in") for layer in range(1, layers))]
    return in_a_row([*maps, linear(weights, f"blocks.{layers - 1}.mlp", "out")], model.activation, x)


SIDE_BY_SIDE: dict[str, Any] = {"d_emb": 4, "combine": "concatenate", "no_unembedding": True, "biases": True}
EMBEDDED = [
    EmbeddingMLP(**SIDE_BY_SIDE, widths=(6, 5)),
    EmbeddingMLP(**SIDE_BY_SIDE, width=6, hidden_layers=0, activation="tanh"),
    EmbeddingMLP(**SIDE_BY_SIDE, widths=(6, 3, 5), separate=True, activation="gelu_new"),
    EmbeddingMLP(d_emb=4, separate=True, biases=True, width=5, hidden_layers=2),
    EmbeddingMLP(d_emb=4, width=5, no_unembedding=True, activation="silu"),
]
ONE_HOT = [
    MLP(widths=(6, 4, 5), biases=False),
    MLP(width=5, hidden_layers=1, activation="quadratic"),
    MLP(widths=(3,), activation="sigmoid"),
]


def drawn(model: Any, task: Modular) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    shapes = {name: tensor.shape for name, tensor in model.initial(task).items()}
    return {name: torch.randn(shape, generator=generator, dtype=torch.float64) for name, shape in shapes.items()}


@pytest.mark.parametrize("task", [BARE, EQUALS], ids=["a b", "a b ="])
@pytest.mark.parametrize("model", [*EMBEDDED, *ONE_HOT], ids=lambda model: model.kind)
def test_logits_are_torchs(model: Any, task: Modular) -> None:
    weights, tokens = drawn(model, task), torch.from_numpy(task.inputs())
    expected = (of_embeddings if isinstance(model, EmbeddingMLP) else of_one_hot)(model, weights, tokens)
    network = model.architecture(task)
    scale = float(expected.detach().abs().max())
    assert float((network.logits(weights, Batch.of(tokens)) - expected).abs().max()) <= 1e-12 * scale
    assert float((network.module(weights)(tokens)[:, 0] - expected).abs().max()) <= 1e-12 * scale


@pytest.mark.parametrize("model", [*EMBEDDED, *ONE_HOT], ids=lambda model: model.kind)
def test_logits_are_linear_in_the_last_neurons(model: Any) -> None:
    """So that W_L is what measures take it for."""
    network, weights, tokens = model.architecture(BARE), drawn(model, BARE), torch.from_numpy(BARE.inputs())
    name = f"blocks.{network.layers - 1}.mlp.hook_post"
    module = network.module(weights)
    neurons = module.run_with_cache(tokens)[1][name][:, 0]
    without = module.run_with_hooks(tokens, fwd_hooks=[(name, lambda value, hook: value * 0)])[:, 0]
    assert torch.allclose(module(tokens)[:, 0] - without, neurons @ network.neuron_logit_map(weights), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("model", EMBEDDED, ids=str)
def test_the_embedding_of_numbers_can_be_replaced(model: Any) -> None:
    network, weights = model.architecture(EQUALS), drawn(model, EQUALS)
    embedding, tokens = network.embedding(weights), torch.from_numpy(EQUALS.inputs())
    assert embedding.shape == (P + 1, (2 if model.separate else 1) * 4)
    order = torch.tensor([*torch.randperm(P, generator=torch.Generator().manual_seed(1)).tolist(), P])
    renamed = weights | network.with_embedding(weights, embedding[order])
    assert torch.allclose(network.logits(renamed, Batch.of(tokens)), network.logits(weights, Batch.of(order[tokens])))


def test_every_activation_is_torchs() -> None:
    for activation in get_args(Activation):
        model = MLP(widths=(3,), activation=activation)
        weights, tokens = drawn(model, BARE), torch.from_numpy(BARE.inputs())
        expected = of_one_hot(model, weights, tokens)
        assert torch.allclose(model.architecture(BARE).logits(weights, Batch.of(tokens)), expected, rtol=1e-12, atol=1e-12)


def test_one_matrix_for_both_positions_adds_one_hot_tokens_up() -> None:
    model = MLP(widths=(6,), activation="quadratic", biases=False)
    weights, tokens = drawn(model, BARE), torch.from_numpy(BARE.inputs())
    shared = weights["embed.W_E"][:1].expand(2, -1, -1).contiguous()
    expected = (shared[0][tokens[:, 0]] + shared[0][tokens[:, 1]]) ** 2 @ weights["blocks.0.mlp.W_out"]
    assert torch.allclose(model.architecture(BARE).logits(weights | {"embed.W_E": shared}, Batch.of(tokens)), expected, rtol=1e-12)
