"""Every model of the sources beside a second implementation, written from its description with torch alone: logits, gradients, sizes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mechgrok.models.embedding_mlp import EmbeddingMLP
from mechgrok.models.forward.tables import Batch
from mechgrok.models.lstm import LSTM
from mechgrok.models.mlp import MLP
from mechgrok.models.quadratic_mlp import QuadraticMLP
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.modular import Modular

Weights = Mapping[str, Tensor]
P = 7
EQUALS, BARE = Modular(p=P), Modular(p=P, layout="a b")
SMALL: dict[str, Any] = {"d_model": 12, "heads": 3, "d_mlp": 10}

FURUTA = {"positions": "none", "biases": "none", "init": "furuta2024"}
INGLIS = {"softmax": "softmax1", "registers": 2, "tied": True, "normalization": "post-unbiased", "init": "inglis2023"}
DEVON = {"no_residual": True, "biases": "blocks", "init": "devon2024"}
POWER = {"layers": 2, "positions": "sinusoidal", "normalization": "post", "biases": "none", "mlp_dropout": 0.1, "init": "power2022"}


def heads(weights: Weights, layer: int, letter: str) -> list[Tensor]:
    return list(weights[f"blocks.{layer}.attn.W_{letter}"])


def attention(weights: Weights, layer: int, x: Tensor, weigh: Callable[[Tensor], Tensor], visible: Tensor) -> Tensor:
    """Head by head and query by query, without biases: x (pos, d_model)."""
    out = torch.zeros_like(x)
    for W_Q, W_K, W_V, W_O in zip(*(heads(weights, layer, letter) for letter in "QKVO"), strict=True):
        rows = []
        for query in range(len(x)):
            keys = [key for key in range(len(x)) if visible[query, key]]
            scores = torch.stack([(x[query] @ W_Q) @ (x[key] @ W_K) / math.sqrt(W_Q.shape[1]) for key in keys])
            rows.append(sum(weight * (x[key] @ W_V) for weight, key in zip(weigh(scores), keys, strict=True)) @ W_O)
        out = out + torch.stack(rows)
    return out


def relu_mlp(weights: Weights, layer: int, x: Tensor, biases: bool = False) -> Tensor:
    module = f"blocks.{layer}.mlp"
    pre = x @ weights[f"{module}.W_in"] + (weights[f"{module}.b_in"] if biases else 0)
    return torch.clamp(pre, min=0) @ weights[f"{module}.W_out"] + (weights[f"{module}.b_out"] if biases else 0)


def row_by_row(function: Callable[[Weights, Tensor], Tensor]) -> Callable[[Weights, Tensor], Tensor]:
    return lambda weights, tokens: torch.stack([function(weights, row) for row in tokens])


@row_by_row
def furuta(weights: Weights, row: Tensor) -> Tensor:
    """One layer, no positions, no biases, no LayerNorm."""
    x = weights["embed.W_E"][row]
    x = x + attention(weights, 0, x, lambda scores: scores.softmax(0), torch.ones(len(x), len(x)).tril())
    return (x + relu_mlp(weights, 0, x))[-1] @ weights["unembed.W_U"]


def inglis_norm(weights: Weights, name: str, x: Tensor) -> Tensor:
    centred = x - x.mean(1, keepdim=True)
    deviation = (centred.square().sum(1, keepdim=True) / (x.shape[1] - 1)).sqrt()
    return weights[f"{name}.w"] * centred / (deviation + 1e-5) + weights[f"{name}.b"]


def softmax1(scores: Tensor) -> Tensor:
    return scores.exp() / (1 + scores.exp().sum())


@row_by_row
def inglis(weights: Weights, row: Tensor) -> Tensor:
    """Registers behind the tokens that all see and that see all, softmax1, LayerNorms of their own after the additions, tied."""
    x = torch.cat([weights["embed.W_E"][row] + weights["pos_embed.W_pos"][: len(row)], weights["registers.W_R"]])
    visible = torch.ones(len(x), len(x)).tril()
    visible[len(row) :], visible[:, len(row) :] = 1, 1
    x = inglis_norm(weights, "blocks.0.ln1", x + attention(weights, 0, x, softmax1, visible))
    x = inglis_norm(weights, "blocks.0.ln2", x + relu_mlp(weights, 0, x, biases=True))
    return weights["embed.W_E"] @ x[len(row) - 1]


def devon(weights: Weights, tokens: Tensor) -> Tensor:
    """Embeddings, nn.MultiheadAttention's own function, two maps and an unembedding, nothing added on the way."""
    x = (weights["embed.W_E"][tokens] + weights["pos_embed.W_pos"]).transpose(0, 1)
    attn = {letter: weights[f"blocks.0.attn.W_{letter}"].transpose(1, 2).flatten(0, 1) for letter in "QKV"}
    biases = torch.cat([weights[f"blocks.0.attn.b_{letter}"].flatten() for letter in "QKV"])
    mask = torch.full((len(x), len(x)), -math.inf, dtype=x.dtype).triu(1)
    count, width = weights["blocks.0.attn.W_Q"].shape[0], x.shape[2]
    out, _ = F.multi_head_attention_forward(
        x, x, x, width, count, torch.cat(list(attn.values())), biases, None, None, False, 0.0,
        weights["blocks.0.attn.W_O"].flatten(0, 1).T, weights["blocks.0.attn.b_O"], attn_mask=mask, need_weights=False,
    )  # fmt: skip
    return relu_mlp(weights, 0, out, biases=True)[-1] @ weights["unembed.W_U"]


def sinusoid(position: int, column: int, width: int) -> float:
    angle = position / 10000 ** ((column - column % 2) / width)
    return math.cos(angle) if column % 2 else math.sin(angle)


def post_norm(pool: Callable[[Tensor], Tensor]) -> Callable[[Weights, Tensor], Tensor]:
    def one(weights: Weights, row: Tensor) -> Tensor:
        x = weights["embed.W_E"][row]
        x = x + torch.tensor([[sinusoid(i, j, x.shape[1]) for j in range(x.shape[1])] for i in range(len(row))]).to(x)
        for layer in range(2):
            norms = [(weights[f"blocks.{layer}.ln{k}.w"], weights[f"blocks.{layer}.ln{k}.b"]) for k in (1, 2)]
            x = x + attention(weights, layer, x, lambda scores: scores.softmax(0), torch.ones(len(x), len(x)).tril())
            x = F.layer_norm(x, x.shape[1:], *norms[0])
            x = F.layer_norm(x + relu_mlp(weights, layer, x), x.shape[1:], *norms[1])
        return pool(x) @ weights["unembed.W_U"]

    return row_by_row(one)


def one_hot(tokens: Tensor, classes: int) -> Tensor:
    return F.one_hot(tokens, classes).double()


def mlp(weights: Weights, tokens: Tensor) -> Tensor:
    """The one-hot vectors of the operands side by side, two hidden layers."""
    first = weights["embed.W_E"]
    x = torch.cat([one_hot(tokens[:, i], P + 1) for i in (0, 1)], dim=1)
    x = F.relu(F.linear(x, torch.cat([first[0], first[1]]).T, weights["blocks.0.mlp.b_in"]))
    x = F.relu(F.linear(x, weights["blocks.1.mlp.W_in"].T, weights["blocks.1.mlp.b_in"]))
    return F.linear(x, weights["blocks.1.mlp.W_out"].T, weights["blocks.1.mlp.b_out"])


def quadratic(weights: Weights, tokens: Tensor) -> Tensor:
    W_1, W_2 = torch.cat(list(weights["embed.W_E"])).T, weights["blocks.0.mlp.W_out"].T
    x = torch.cat([one_hot(tokens[:, i], P) for i in (0, 1)], dim=1)
    return ((x @ W_1.T) ** 2 @ W_2.T) / (2 * P * len(W_1))


def embedding_mlp(weights: Weights, tokens: Tensor) -> Tensor:
    x = torch.stack([sum(weights["embed.W_E"][token] @ weights["blocks.0.mlp.W_in"] for token in row) for row in tokens])
    x = F.relu(F.relu(x) @ weights["blocks.1.mlp.W_in"])
    return x @ weights["blocks.1.mlp.W_out"] @ weights["unembed.W_U"]


def lstm(weights: Weights, tokens: Tensor) -> Tensor:
    """torch's own cells."""
    cells = nn.LSTM(P, 5, 2, batch_first=True).double()
    theirs = {"weight_ih_l0": weights["embed.W_E"].T, "weight_ih_l1": weights["blocks.1.lstm.W_x"].T}
    for layer in range(2):
        module = f"blocks.{layer}.lstm"
        theirs |= {f"weight_hh_l{layer}": weights[f"{module}.W_h"].T}
        theirs |= {f"bias_ih_l{layer}": weights[f"{module}.b_x"], f"bias_hh_l{layer}": weights[f"{module}.b_h"]}
    states, _ = torch.func.functional_call(cells, theirs, one_hot(tokens, P))
    return states[:, -1] @ weights["unembed.W_U"] + weights["unembed.b_U"]


CASES: dict[str, tuple[Any, Modular, Callable[[Weights, Tensor], Tensor]]] = {
    "furuta2024": (Transformer(**SMALL, **FURUTA), EQUALS, furuta),
    "inglis2023": (Transformer(**SMALL, **INGLIS), EQUALS, inglis),
    "devon2024": (Transformer(**SMALL, **DEVON), EQUALS, devon),
    "miml": (Transformer(**SMALL, **POWER, pooling="mean"), BARE, post_norm(lambda x: x.mean(0))),
    "power2022": (Transformer(**SMALL, **POWER), EQUALS, post_norm(lambda x: x[-1])),
    "mlp": (MLP(width=9), EQUALS, mlp),
    "quadratic-mlp": (QuadraticMLP(d_mlp=9), BARE, quadratic),
    "embedding-mlp": (EmbeddingMLP(d_emb=8, width=6), EQUALS, embedding_mlp),
    "lstm": (LSTM(hidden=5), BARE, lstm),
}
cases = pytest.mark.parametrize(("model", "task", "reference"), CASES.values(), ids=CASES)


def leaves(model: Any, task: Modular) -> dict[str, Tensor]:
    """Random weights of every parameter, in float64, so that no bias or LayerNorm is trivial."""
    draw = torch.Generator().manual_seed(1)
    shapes = {name: parameter.shape for name, parameter in model.build(task).named_parameters() if parameter.requires_grad}
    return {name: (0.5 * torch.randn(shape, generator=draw, dtype=torch.float64) + 0.1).requires_grad_() for name, shape in shapes.items()}


def gradients(logits: Tensor, weights: Weights) -> dict[str, Tensor]:
    upstream = torch.randn(logits.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    found = torch.autograd.grad((logits * upstream).sum(), list(weights.values()), allow_unused=True)
    return {name: torch.zeros_like(w) if g is None else g for (name, w), g in zip(weights.items(), found, strict=True)}


def agree(ours: Tensor, theirs: Tensor, floor: float = 1e-12) -> bool:
    return bool((ours - theirs).abs().max() <= 1e-10 * theirs.abs().max() + floor)


@cases
def test_logits_and_gradients_are_those_of_the_description(model: Any, task: Modular, reference: Any) -> None:
    weights, tokens = leaves(model, task), torch.from_numpy(task.inputs())[::3]
    ours, theirs = model.architecture(task).logits(weights, Batch.of(tokens)), reference(weights, tokens)
    assert agree(ours, theirs)
    expected, found = gradients(theirs, weights), gradients(ours, weights)
    scale = 1e-13 * max(float(each.abs().max()) for each in expected.values())
    assert [name for name in weights if not agree(found[name], expected[name], 1e-12 + scale)] == []


@cases
def test_its_module_computes_the_same_and_shows_the_same(model: Any, task: Modular, reference: Any) -> None:
    weights, tokens = leaves(model, task), torch.from_numpy(task.inputs())[::3]
    network = model.architecture(task)
    module = network.module({name: tensor.detach() for name, tensor in weights.items()})
    logits, cache = module.run_with_cache(tokens)
    assert agree(network.logits(weights, Batch.of(tokens)), logits[:, -1])
    last = f"blocks.{network.layers - 1}.mlp"
    keep = frozenset({f"{last}.hook_pre", f"{last}.hook_post"}) if network.has_neurons else frozenset({"blocks.1.hook_hidden"})
    shown = network.forward(weights, Batch.of(tokens), keep)[1]
    read = slice(None, tokens.shape[1])
    assert all(agree(shown[name], cache[name][:, read][:, -1]) for name in keep)


SIZES = [
    (Transformer(), Modular(p=113), 226_816),
    (Transformer(init="inglis2023"), Modular(p=113), 226_816),
    (Transformer(**FURUTA), Modular(p=97), 2 * 128 * 98 + 4 * 128 * 128 + 2 * 128 * 512),
    (Transformer(layers=2, d_head=128, n_ctx=5, attn_only=True, normalization="LN", biases="all"), Modular(p=109), 557_294),
    (Transformer(**DEVON), Modular(p=113), 2 * 114 * 128 + 3 * 128 + 4 * 128 * 129 + 129 * 512 + 513 * 128),
    (QuadraticMLP(), Modular(p=113, layout="a b"), 3 * 113 * 512),
    (MLP(), Modular(p=97, layout="a b"), (2 * 97 + 1) * 256 + 257 * 256 + 257 * 97),
]


@pytest.mark.parametrize(("model", "task", "count"), SIZES)
def test_how_many_parameters_are_trained(model: Any, task: Modular, count: int) -> None:
    assert sum(p.numel() for p in model.build(task).parameters() if p.requires_grad) == count


def test_the_lstm_has_torchs_parameters() -> None:
    theirs = [nn.LSTM(97, 128, 2), nn.Linear(128, 97)]
    ours = LSTM().build(Modular(p=97, layout="a b"))
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for module in theirs for p in module.parameters())


def test_equal_scores_of_softmax1_leave_room_for_nothing() -> None:
    """Three scores of 0: a quarter each."""
    model = Transformer(**SMALL, softmax="softmax1").build(EQUALS)
    with torch.no_grad():
        model.blocks[0].attn.W_Q.zero_()
    pattern = model.run_with_cache(torch.tensor([[1, 2, P]]))[1]["blocks.0.attn.hook_pattern"][0, :, -1]
    assert torch.allclose(pattern, torch.full_like(pattern, 0.25))
