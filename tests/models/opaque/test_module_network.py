"""A module of the user as a network: the same numbers as a network that mechgrok knows, and nothing of the module is changed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from own_modules import NAMES, OF_PERCEPTRON, OneHotPerceptron, PlainTransformer
from torch import nn

from mechgrok.errors import UnavailableError, UserError
from mechgrok.models.forward.tables import Batch
from mechgrok.models.mlp import MLP
from mechgrok.models.opaque.description import describe, held
from mechgrok.models.opaque.module_network import ModuleNetwork
from mechgrok.tasks.modular import Modular

P = 7
TASK = Modular(p=P)
TOKENS = torch.from_numpy(TASK.inputs())


def network(module: nn.Module, names: dict[str, str] | None = None) -> tuple[ModuleNetwork, dict[str, torch.Tensor]]:
    found = describe(module, TASK, names).network
    return found, found.stored({name: tensor.double() for name, tensor in held(module)[0].items()})


def test_its_logits_are_those_of_the_module_in_double_precision() -> None:
    module = PlainTransformer(P)
    found, weights = network(module, NAMES)
    expected = copy.deepcopy(module).double().eval()(TOKENS)[:, -1]
    logits = found.logits(weights, Batch.of(TOKENS))
    assert logits.dtype == torch.float64
    assert (logits - expected).abs().max() < 1e-13


def test_a_module_that_makes_single_precision_runs_in_double() -> None:
    """The weights of the module in a perceptron that mechgrok computes itself."""
    module, task = OneHotPerceptron(P), Modular(p=P, layout="a b", loss_classes="numbers")
    found, weights = network(module)
    ours = {
        "embed.W_E": weights["fc1.weight"].T.unflatten(0, (2, P)),
        "blocks.0.mlp.b_in": weights["fc1.bias"],
        "blocks.0.mlp.W_out": weights["fc2.weight"].T,
        "blocks.0.mlp.b_out": weights["fc2.bias"],
    }
    expected = MLP(hidden_layers=1, width=20).architecture(task).logits(ours, Batch.of(TOKENS[:, :2]))
    assert (found.logits(weights, Batch.of(TOKENS)) - expected).abs().max() < 1e-13


def test_named_matrices_have_the_axes_of_transformer_lens() -> None:
    module = PlainTransformer(P)
    found, weights = network(module, NAMES)
    assert torch.equal(found.embedding(weights), module.tok_emb.weight.double())
    assert torch.equal(found.unembedding(weights), module.head.weight.double().T)
    assert torch.equal(found.neuron_logit_map(weights), module.net[2].weight.double().T @ module.head.weight.double().T)
    assert found.heads == 2
    assert found.nonlinear_readout is None


def test_activations_are_read_at_the_last_position() -> None:
    module = PlainTransformer(P)
    found, weights = network(module, NAMES)
    _, kept = found.forward(weights, Batch.of(TOKENS), frozenset({"blocks.0.mlp.hook_post", "blocks.0.attn.hook_pattern"}))
    x: dict[str, torch.Tensor] = {}
    double = copy.deepcopy(module).double().eval()
    double.net[1].register_forward_hook(lambda _, inputs, output: x.update(post=output))
    double.attn_drop.register_forward_hook(lambda _, inputs, output: x.update(pattern=output))
    double(TOKENS)
    assert (kept["blocks.0.mlp.hook_post"] - x["post"][:, -1]).abs().max() < 1e-13
    assert (kept["blocks.0.attn.hook_pattern"] - x["pattern"][:, :, -1]).abs().max() < 1e-13


def test_one_hot_positions_side_by_side_and_the_input_of_a_layer() -> None:
    module = OneHotPerceptron(P)
    found, weights = network(module, OF_PERCEPTRON)
    W = module.fc1.weight.double()
    assert torch.equal(found.embedding(weights), torch.cat([W.T[:P], W.T[P:]], dim=1))
    _, kept = found.forward(weights, Batch.of(TOKENS), frozenset({"blocks.0.mlp.hook_post"}))
    expected = (W.T[TOKENS[:, 0]] + W.T[P + TOKENS[:, 1]] + module.fc1.bias.double()).relu()
    assert (kept["blocks.0.mlp.hook_post"] - expected).abs().max() < 1e-13
    assert torch.equal(found.neuron_logit_map(weights), module.fc2.weight.double().T)
    doubled = found.with_embedding(weights, 2 * found.embedding(weights))
    assert torch.equal(doubled["embed.W_E"], 2 * weights["embed.W_E"])


@pytest.mark.parametrize(("names", "W_L"), [({"embed.W_E": "W_E"}, False), ({"embed.W_E": "turned", "unembed.W_U": "out.T"}, True)])
def test_bare_parameters_are_turned_by_their_shape_or_by_hand(names: dict[str, str], W_L: bool) -> None:
    class Bare(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.W_E, self.turned = nn.Parameter(torch.randn(P + 1, 5)), nn.Parameter(torch.randn(5, P + 1))
            self.out = nn.Parameter(torch.randn(P, 5))

        def forward(self, tokens: torch.Tensor) -> torch.Tensor:
            return ((self.W_E + self.turned.T)[tokens].sum(1)) @ self.out.T

    module = Bare()
    found, weights = network(module, names)
    held_as = module.turned.T if names["embed.W_E"] == "turned" else module.W_E
    assert torch.equal(found.embedding(weights), held_as.double())
    assert not W_L or torch.equal(found.unembedding(weights), module.out.T.double())


@pytest.mark.parametrize("transposed", [False, True])
def test_a_bare_W_out_is_turned_by_the_width_of_the_stream(transposed: bool) -> None:
    class Bare(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.emb, self.act, self.head = nn.Embedding(P + 1, 5), nn.ReLU(), nn.Linear(5, P)
            self.out = nn.Parameter(torch.randn(5, 9) if transposed else torch.randn(9, 5))
            self.inner = nn.Parameter(torch.randn(5, 9))

        def forward(self, tokens: torch.Tensor) -> torch.Tensor:
            post = self.act(self.emb(tokens).sum(1) @ self.inner)
            return self.head(post @ (self.out.T if transposed else self.out))

    module = Bare()
    names = {"blocks.0.mlp.hook_post": "act", "blocks.0.mlp.W_out": "out", "unembed.W_U": "head.weight"}
    found, weights = network(module, names)
    W_out = module.out.T if transposed else module.out
    assert torch.allclose(found.neuron_logit_map(weights), (W_out.double() @ module.head.weight.double().T))
    assert found.nonlinear_readout is None


def test_tied_embeddings_change_together() -> None:
    module = PlainTransformer(P)
    module.head = nn.Linear(16, P + 1, bias=False)
    module.head.weight = module.tok_emb.weight
    found, weights = network(module, NAMES)
    assert torch.equal(found.unembedding(weights), found.embedding(weights).T)
    changed = {**weights, **found.with_embedding(weights, torch.zeros(P + 1, 16, dtype=torch.float64))}
    assert float(found.logits(changed, Batch.of(TOKENS)).abs().max()) == 0


def test_renamed_tokens_are_permuted_outside_the_module() -> None:
    module = PlainTransformer(P)
    found, weights = network(module, NAMES)
    order = torch.tensor([3, 0, 6, 1, 2, 5, 4])
    renamed = found.renamed(order)
    place = torch.tensor([*order.tolist(), P])
    expected = found.logits(weights, Batch.of(place[TOKENS]))[:, order]
    assert torch.equal(renamed.logits(weights, Batch.of(TOKENS)), expected)
    assert torch.equal(renamed.embedding(weights)[0], weights["embed.W_E"][3])
    assert torch.equal(renamed.unembedding(weights)[:, 0], found.unembedding(weights)[:, 3])
    back = renamed.with_embedding(weights, renamed.embedding(weights))
    assert torch.equal(back["embed.W_E"], weights["embed.W_E"])


def test_a_readout_behind_a_layernorm_is_not_linear() -> None:
    module = PlainTransformer(P)
    module.head = nn.Sequential(nn.LayerNorm(16), nn.Linear(16, P))
    found, _ = network(module, NAMES | {"unembed.W_U": "head.1.weight"})
    assert found.maps_neurons
    assert "no linear function" in str(found.nonlinear_readout)


def test_what_is_not_named_is_missing_with_its_name() -> None:
    found, weights = network(PlainTransformer(P))
    for call, name in (
        (lambda: found.embedding(weights), "embed.W_E"),
        (lambda: found.neuron_logit_map(weights), "blocks.0.mlp.hook_post"),
        (lambda: found.parameters(weights)["blocks.0.attn.W_V"], "blocks.0.attn.W_V"),
        (lambda: found.forward(weights, Batch.of(TOKENS), frozenset({"hook_embed"})), "hook_embed"),
    ):
        with pytest.raises(UnavailableError, match=name.replace(".", r"\.")):
            call()  # type: ignore[no-untyped-call]


WRONG: dict[str, tuple[dict[str, str], str]] = {
    "no parameter": ({"embed.W_E": "tok_em.weight"}, "did you mean tok_emb.weight"),
    "a submodule": ({"embed.W_E": "tok_emb"}, "such as tok_emb.weight"),
    "no submodule": ({"blocks.0.mlp.hook_post": "net.7"}, "no submodule net.7"),
    "no name of TransformerLens": ({"embed.WE": "tok_emb.weight"}, "did you mean embed.W_E"),
    "another matrix": ({"unembed.W_U": "net.0.weight"}, "no column for each of the 7 classes"),
    "a pattern of another form": ({"blocks.0.attn.hook_pattern": "net.0"}, r"\(batch, head, query, key\)"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_names_are_refused(kind: str) -> None:
    names, message = WRONG[kind]
    with pytest.raises(UserError, match=message):
        describe(PlainTransformer(P), TASK, names)


def test_a_task_with_other_tokens_is_refused() -> None:
    with pytest.raises(UserError, match=r"cannot be called on rows of this task .*IndexError.*; tok_emb has 6 tokens\)"):
        describe(PlainTransformer(P - 2), TASK, None)
    with pytest.raises(UserError, match="7 classes, and the task has labels up to 10"):
        describe(_Constant(P), Modular(p=11), None)
    with pytest.raises(UserError, match=r"logits are \(batch, classes\)"):
        describe(_Constant(P, (1, 1)), TASK, None)


class _Constant(nn.Module):
    def __init__(self, classes: int, more: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.shape = (*more, classes)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return torch.zeros(len(tokens), *self.shape)


def _state(module: nn.Module) -> dict[str, Any]:
    return {
        "training": [each.training for each in module.modules()],
        "hooks": [(len(each._forward_hooks), len(each._forward_pre_hooks)) for each in module.modules()],
        "versions": [parameter._version for parameter in module.parameters()],
        "data": [parameter.data_ptr() for parameter in module.parameters()],
        "dtypes": [parameter.dtype for parameter in module.parameters()],
        "grads": [parameter.grad is None for parameter in module.parameters()],
        "buffers": [buffer.clone().tolist() for buffer in module.buffers()],
        "random": torch.get_rng_state().tolist(),
    }


def _with_batch_norm() -> nn.Module:
    module = PlainTransformer(P).train()
    module.head = nn.Sequential(nn.Flatten(1), nn.BatchNorm1d(48), nn.Linear(48, P))
    module.attn_drop.eval()
    return module


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_of_the_module_is_changed(fails: bool) -> None:
    module = _with_batch_norm()
    before = _state(module)
    names = {name: place for name, place in NAMES.items() if name != "unembed.W_U"}
    found, weights = network(module, names)
    call: Callable[[], Any] = lambda: found.forward(weights, Batch.of(TOKENS), frozenset(each for each in names if "hook" in each))  # noqa: E731
    if fails:
        module.net[2].register_forward_hook(_raise)
        with pytest.raises(ZeroDivisionError):
            call()
        module.net[2]._forward_hooks.clear()
    else:
        call()
    assert _state(module) == before


def _raise(*_: Any) -> None:
    raise ZeroDivisionError
