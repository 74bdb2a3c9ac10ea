"""A network's function as a module with hook points."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch

from mechgrok.errors import UserError
from mechgrok.models.embedding_mlp import EmbeddingMLP
from mechgrok.models.lstm import LSTM
from mechgrok.models.mlp import MLP
from mechgrok.models.one_hot import positions
from mechgrok.models.quadratic_mlp import QuadraticMLP
from mechgrok.tasks.modular import Modular

TASK = Modular(p=5, layout="a b")
TOKENS = torch.from_numpy(TASK.inputs())
MODELS: list[Any] = [MLP(width=6), QuadraticMLP(d_mlp=6), EmbeddingMLP(d_emb=7, width=6), LSTM(hidden=6)]
models = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.kind)


@models
def test_it_is_made_of_its_weights_and_gives_them_back(model: Any) -> None:
    weights = model.initial(TASK)
    module = model.architecture(TASK).module(weights)
    assert {name: parameter.shape for name, parameter in module.named_parameters()} == {n: w.shape for n, w in weights.items()}
    assert all(torch.equal(parameter, weights[name]) for name, parameter in module.named_parameters())
    with torch.no_grad():
        module.embed.W_E.zero_()
    assert weights["embed.W_E"].any()
    assert torch.equal(copy.deepcopy(module)(TOKENS), module(TOKENS))


@models
def test_a_hook_changes_what_comes_after_it(model: Any) -> None:
    module = model.build(TASK)
    name = "blocks.0.hook_hidden" if model.kind == "lstm" else "blocks.0.mlp.hook_post"
    assert name in module.hook_dict
    before = module(TOKENS)
    assert before.shape == (25, 1, 5)
    after = module.run_with_hooks(TOKENS, fwd_hooks=[(name, lambda value, hook: value * 0)])
    assert not torch.allclose(before, after)
    assert torch.allclose(after, after[:1].expand_as(after))
    assert torch.equal(module(TOKENS), before)


@models
def test_other_weights_are_refused_by_name(model: Any) -> None:
    network, weights = model.architecture(TASK), model.initial(TASK)
    with pytest.raises(UserError, match=r"lack embed\.W_E"):
        network.module({name: w for name, w in weights.items() if name != "embed.W_E"})
    with pytest.raises(UserError, match="hold gizmo"):
        network.module(weights | {"gizmo": torch.zeros(1)})
    with pytest.raises(UserError, match=r"hold embed\.W_E of shape"):
        network.module(weights | {"embed.W_E": torch.zeros(3, 3)})


def test_positions_that_vary_are_read() -> None:
    assert positions(Modular(p=5)) == {"length": 3, "read": (0, 1), "numbers": (0, 1)}


@models
def test_the_embedding_can_be_replaced(model: Any) -> None:
    """By itself, and by one that no token can be told by."""
    network, weights = model.architecture(TASK), model.initial(TASK)
    embedding = network.embedding(weights)
    assert len(embedding) == 5
    same = network.with_embedding(weights, embedding)
    assert all(torch.equal(same[name], weights[name]) for name in same)
    flat = network.with_embedding(weights, embedding[:1].expand_as(embedding))
    logits = network.module({**weights, **{name: w.contiguous() for name, w in flat.items()}})(TOKENS)
    assert torch.allclose(logits, logits[:1].expand_as(logits))
