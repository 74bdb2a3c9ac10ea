"""Modules whose function mechgrok computes itself are recognised, and no others."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from own_modules import PlainTransformer

from mechgrok.discovery import kinds
from mechgrok.models.forward.tables import Batch
from mechgrok.models.opaque.known import known, named_parameters
from mechgrok.tasks.modular import Modular

TASK = Modular(p=7, layout="a b")
TOKENS = torch.from_numpy(TASK.inputs())
MODELS = {kind: model for kind, model in kinds("models").items() if kind not in ("unknown", "module")}
OTHERS: dict[str, tuple[str, dict[str, Any]]] = {
    "a deeper perceptron": ("mlp", {"widths": (12, 9, 5), "biases": False}),
    "two LSTM layers": ("lstm", {"hidden": 8, "stacked": 2}),
    "registers": ("transformer", {"registers": 2, "d_model": 16, "heads": 2, "d_mlp": 12}),
    "squared neurons": ("transformer", {"activation": "quadratic", "d_model": 16, "heads": 2, "d_mlp": 12}),
    "mean pooling": ("transformer", {"pooling": "mean", "d_model": 16, "heads": 2, "d_mlp": 12}),
    "LayerNorm": ("transformer", {"normalization": "LN", "d_model": 16, "heads": 2, "d_mlp": 12, "biases": "all"}),
}


def recognised(module: Any) -> None:
    found = known(module, TASK)
    assert found is not None
    model, task = found
    parameters = {name: tensor.detach() for name, tensor in module.named_parameters()}
    with torch.no_grad():
        ours, theirs = model.architecture(task).logits(parameters, Batch.of(TOKENS)), module.eval()(TOKENS)[:, -1]
    assert (ours - theirs).abs().max() < 1e-4 * theirs.abs().max()


@pytest.mark.parametrize("kind", MODELS)
def test_every_kind_of_model_is_known_by_its_module(kind: str) -> None:
    recognised(MODELS[kind]().build(TASK))


@pytest.mark.parametrize("name", OTHERS)
def test_so_are_their_options(name: str) -> None:
    kind, options = OTHERS[name]
    recognised(MODELS[kind](**options).build(TASK))


def test_the_classes_are_those_of_the_module() -> None:
    module = MODELS["transformer"](d_model=16, heads=2, d_mlp=12).build(Modular(p=7, loss_classes="numbers"))
    found = known(module, Modular(p=7))
    assert found is not None
    assert found[1] == Modular(p=7, loss_classes="numbers")


def test_the_library_s_module_is_known_by_its_config() -> None:
    """A HookedTransformer of TransformerLens 3, a TransformerBridge of 4."""
    model = MODELS["transformer"](d_model=16, heads=2, d_mlp=12)
    weights = model.initial(TASK)
    module = model.architecture(TASK).module(weights)
    found = known(module, TASK)
    assert found is not None
    named = named_parameters(module)
    assert all(torch.equal(named[name], weights[name]) for name in weights)
    assert found[0].architecture(TASK) == model.architecture(TASK)


def test_others_are_not() -> None:
    assert known(PlainTransformer(7), Modular(p=7)) is None
    module = MODELS["transformer"](d_model=16, heads=2, d_mlp=12).build(TASK)
    module.blocks[0].hook_mlp_out.add_perma_hook(lambda value, hook: 2 * value)
    assert known(module, TASK) is None


def test_weights_of_a_module_on_a_gpu_are_brought_to_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its logits are compared, and recorded, on the CPU. The tests have no GPU, so the calls are counted."""
    module = MODELS["transformer"](d_model=16, heads=2, d_mlp=12).build(TASK)
    brought: list[torch.Tensor] = []
    monkeypatch.setattr(torch.Tensor, "cpu", lambda tensor: brought.append(tensor) or tensor)
    found = named_parameters(module)
    assert [id(each) for each in brought] == [id(each) for each in found.values()]
    assert len(brought) == len(dict(module.named_parameters()))
