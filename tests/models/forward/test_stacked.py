"""Networks that are computed together give what each gives alone."""

from __future__ import annotations

import pytest
import torch
from random_networks import Network
from torch import Tensor

from mechgrok.models.architecture import Architecture
from mechgrok.models.forward import stacked
from mechgrok.models.forward.stacked import StackedBatch

PAPER = Architecture(1, 2, 6, 3, 7, 6, 5, 3, "relu", None, False)
TOKENS = torch.tensor([[[0, 1, 5], [2, 1, 5], [4, 4, 5], [3, 0, 5]], [[1, 1, 5], [0, 2, 5], [4, 0, 5], [4, 3, 5]]])


def gradients(model: torch.nn.Module, result: Tensor, upstream: Tensor) -> dict[str, Tensor]:
    model.zero_grad(set_to_none=True)
    (result * upstream).sum().backward()
    return {name: each.grad for name, each in model.named_parameters() if each.grad is not None}


@pytest.mark.parametrize("positions", ["learned", "none", "sinusoidal"])
def test_logits_and_gradients_are_those_of_the_modules(positions: str) -> None:
    """In float64, to 1e-12 of the largest entry; each network has weights and rows of its own."""
    shape = Architecture(1, 2, 6, 3, 7, 6, 5, 3, "relu", None, False, positions=positions)
    models = [Network(shape, tokens, seed).model() for seed, tokens in enumerate(TOKENS)]
    names = [name for name, _ in models[0].named_parameters()]
    weights = {name: torch.stack([dict(each.named_parameters())[name].detach() for each in models]).requires_grad_() for name in names}
    ours = stacked.logits(weights, shape, StackedBatch.of(TOKENS, shape.d_vocab))
    theirs = torch.stack([model(tokens)[:, -1] for model, tokens in zip(models, TOKENS, strict=True)])
    assert (ours - theirs).abs().max() < 1e-12 * theirs.abs().max()
    upstream = torch.randn(ours.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    (ours * upstream).sum().backward()
    for i, (model, tokens) in enumerate(zip(models, TOKENS, strict=True)):
        for name, expected in gradients(model, model(tokens)[:, -1], upstream[i]).items():
            found = weights[name].grad
            assert found is not None, name
            assert (found[i] - expected).abs().max() <= 1e-12 * max(1.0, float(expected.abs().max())), name


@pytest.mark.parametrize(
    "changed",
    [
        *[{"layers": 2}, {"activation": "gelu"}, {"normalization": "LN"}, {"tied": True}, {"registers": 1}, {"softmax": "softmax1"}],
        *[
            {"attention_coefficient": 0.5},
            {"positions": "rotary"},
            {"positions": "alibi"},
            {"dropout": 0.1},
            {"pooling": "mean"},
            {"attn_only": True},
        ],
    ],
)
def test_other_networks_are_refused(changed: dict[str, object]) -> None:
    assert stacked.obstacle(PAPER) is None
    refused = stacked.obstacle(Architecture(**{**PAPER.__dict__, **changed}))  # type: ignore[arg-type]
    assert refused is not None
    assert refused.startswith("only transformers of one layer are stacked")
