"""The forward pass on a whole square of rows, against HookedTransformer."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from random_networks import Network

from mechgrok.models.architecture import Architecture
from mechgrok.models.forward import square
from mechgrok.models.forward.fast_forward import Batch, forward

KEPT = {"post": "blocks.0.mlp.hook_post", "pattern": "blocks.0.attn.hook_pattern"}


def shape(tokens: int, coefficient: float = 1.0, classes: int = 5) -> Architecture:
    return Architecture(1, 2, 6, 4, 7, tokens, classes, 3, "relu", None, False, attention_coefficient=coefficient)


def rows(a: list[int], b: list[int], last: int) -> torch.Tensor:
    return torch.tensor([[*pair, last] for pair in product(a, b)])


@pytest.mark.parametrize("coefficient", [1.0, 0.25, 0.0])
@pytest.mark.parametrize("tokens", [rows([0, 1, 2], [0, 1, 2], 3), rows([1, 4], [0, 2, 3], 5), rows([2], [0], 1), rows([3], [4, 5], 3)])
@pytest.mark.parametrize("at_once", [1, 5, 512])
def test_logits_neurons_and_pattern(tokens, coefficient, at_once, monkeypatch):
    monkeypatch.setattr(square, "_ROWS_AT_ONCE", at_once)
    network = Network(shape(6, coefficient), tokens, 1)
    model, batch = network.model(), Batch.of(tokens)
    cache = model.run_with_cache(tokens)
    with torch.no_grad():
        assert square.applies(network.shape, batch)
        logits, kept = forward(dict(model.named_parameters()), network.shape, batch, frozenset(KEPT.values()))
    torch.testing.assert_close(logits, cache[0][:, -1], rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(kept[KEPT["post"]], cache[1][KEPT["post"]][:, -1], rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(kept[KEPT["pattern"]], cache[1][KEPT["pattern"]][:, :, -1], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    "tokens",
    [
        rows([0, 1], [0, 1], 3)[:3],
        rows([0, 1], [0, 1], 3)[[1, 0, 2, 3]],
        torch.tensor([[0, 0, 2], [0, 1, 3]]),
        rows([0, 1], [0, 1], 3)[:, :2],
        torch.tensor([[0, 0, 3], [1, 1, 3], [0, 1, 3], [1, 0, 3]]),
    ],
    ids=["a row missing", "another order", "two last tokens", "two positions", "row by row"],
)
def test_rows_that_are_no_square(tokens):
    assert not Batch.of(tokens).square


def test_where_a_gradient_is_wanted_it_is_not_used():
    batch = Batch.of(rows([0, 1], [0, 1], 3))
    assert not square.applies(shape(4), batch)
