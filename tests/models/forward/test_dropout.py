"""Dropout: the same masks from the same seed and step, the right share, the same in a network's own way and its module's."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from mechgrok.models.forward.dropout import Masks
from mechgrok.models.forward.module_forward import logits as module_logits
from mechgrok.models.forward.tables import Batch
from mechgrok.models.lstm import LSTM
from mechgrok.models.mlp import MLP
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.modular import Modular

TASK = Modular(p=7, layout="a b")
TOKENS = torch.from_numpy(TASK.inputs())
SMALL: dict[str, Any] = {"d_model": 12, "heads": 3, "d_mlp": 10, "layers": 2, "mlp_dropout": 0.3}
MODELS = {
    "transformer": Transformer(**SMALL),
    "mean of positions": Transformer(**SMALL, pooling="mean", normalization="post", registers=1),
    "mlp": MLP(width=9, dropout=0.3),
    "lstm": LSTM(hidden=5, dropout=0.3),
}
models = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


def test_a_share_is_dropped_and_the_rest_makes_up_for_it() -> None:
    dropped = Masks(0, 0).drop(torch.ones(400, 500), 0.25)
    assert dropped.unique().tolist() == pytest.approx([0, 4 / 3])
    assert (dropped == 0).double().mean().item() == pytest.approx(0.25, abs=0.005)
    assert dropped.mean().item() == pytest.approx(1, abs=0.01)


def test_masks_come_from_seed_and_step_alone() -> None:
    x = torch.ones(20, 20)
    torch.manual_seed(3)
    first = Masks(1, 2).drop(x, 0.5)
    torch.rand(7)
    assert torch.equal(Masks(1, 2).drop(x, 0.5), first)
    assert not any(torch.equal(Masks(*other).drop(x, 0.5), first) for other in ((1, 3), (2, 2), (2, 1)))


@models
def test_the_module_drops_what_the_networks_own_way_drops(model: Any) -> None:
    made = model.build(TASK).to(torch.float64, print_details=False)
    network, weights = model.architecture(TASK), dict(made.named_parameters())
    for step in range(3):
        ours = network.logits(weights, Batch.of(TOKENS), Masks(0, step))
        assert torch.allclose(ours, module_logits(made, TOKENS, Masks(0, step)), rtol=1e-10, atol=1e-12)


@models
def test_without_masks_nothing_is_dropped(model: Any) -> None:
    made = model.build(TASK).to(torch.float64, print_details=False)
    network, weights = model.architecture(TASK), dict(made.named_parameters())
    plain = network.logits(weights, Batch.of(TOKENS))
    dropped = module_logits(made, TOKENS, Masks(0, 0))
    assert not torch.allclose(plain, dropped, rtol=1e-3)
    assert torch.allclose(plain, module_logits(made, TOKENS), rtol=1e-10, atol=1e-12)
    assert torch.allclose(plain, made(TOKENS)[:, -1], rtol=1e-10, atol=1e-12)


def test_rows_are_dropped_apart() -> None:
    """Rows of equal tokens share what is computed, but not their masks."""
    model = MODELS["transformer"]
    twice = torch.tensor([[1, 2], [1, 2]])
    logits = model.architecture(TASK).logits(model.initial(TASK), Batch.of(twice), Masks(0, 0))
    assert not torch.allclose(logits[0], logits[1])


def test_dropping_is_right_on_average() -> None:
    """One linear map behind the mask: the mean over many steps is the network without dropout."""
    model = MLP(hidden_layers=1, width=8, dropout=0.4)
    network, weights, batch = model.architecture(TASK), model.initial(TASK), Batch.of(TOKENS[:5])
    logits = torch.stack([network.logits(weights, batch, Masks(0, step)) for step in range(4000)])
    error = logits.std(0) / len(logits) ** 0.5
    assert ((logits.mean(0) - network.logits(weights, batch)).abs() < 5 * error + 1e-6).all()
