"""Modules in plain PyTorch are recognised exactly where a network of mechgrok has their function."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from own_modules import OneHotPerceptron, PlainTransformer, Softened
from plain_modules import Perceptron, Plain
from torch import Tensor, nn

import mechgrok
from mechgrok.models.forward.tables import Batch
from mechgrok.runs.plain_module import PlainModule, recognised
from mechgrok.tasks.modular import Modular
from mechgrok.tasks.task import Task

P = 7
AFTER, BARE = Modular(p=P), Modular(p=P, layout="a b")
ROW = ("a", "b", P)


class Encoder(nn.Module):
    """PyTorch's own encoder, read at the last position."""

    def __init__(self) -> None:
        super().__init__()
        self.emb, self.pos, self.out = nn.Embedding(P + 1, 16), nn.Embedding(3, 16), nn.Linear(16, P)
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 2, 32, batch_first=True), 2)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.out(self.encoder(self.emb(tokens) + self.pos(torch.arange(3)))[:, -1])


class Recurrent(nn.Module):
    def __init__(self, kind: type[nn.Module] = nn.LSTM) -> None:
        super().__init__()
        self.emb, self.cell, self.out = nn.Embedding(P + 1, 12), kind(12, 10, batch_first=True), nn.Linear(10, P)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.out(self.cell(self.emb(tokens))[0][:, -1])


class NormedEmbedding(PlainTransformer):
    """A norm that no network of mechgrok has."""

    def __init__(self) -> None:
        super().__init__(P)
        self.tok_emb = nn.Sequential(self.tok_emb, nn.LayerNorm(16))  # type: ignore[assignment]


KINDS: dict[str, tuple[Callable[[], nn.Module], Task]] = {
    "fused, three blocks": (lambda: Plain(ROW, P, form="blocks", act="gelu"), AFTER),
    "fused, head by head": (lambda: Plain(("a", "b"), P, form="heads", act="silu", bias=False), BARE),
    "separate, RMSNorm, tied": (lambda: Plain(ROW, P, form="separate", norm=nn.RMSNorm, tied=True, act="quadratic"), AFTER),
    "by head, no norms": (lambda: Plain(ROW, P, form="by head", norm=None), AFTER),
    "norms after the additions, scaled": (lambda: Plain(ROW, P, layers=2, post=True, final=False, scaled=True), AFTER),
    "unmasked, mean over positions": (lambda: Plain(ROW, P, causal=False, mean=True), AFTER),
    "unmasked, two layers": (lambda: Plain(ROW, P, causal=False, layers=2), AFTER),
    "scores that are not divided": (lambda: Plain(ROW, P, scale=1.0), AFTER),
    "PyTorch's encoder": (Encoder, AFTER),
    "perceptron, side by side": (lambda: Perceptron(P, (32, 24)), BARE),
    "perceptron, added": (lambda: Perceptron(P, (48,), added=True), BARE),
    "perceptron, one-hot": (lambda: OneHotPerceptron(P), AFTER),
    "LSTM": (Recurrent, AFTER),
    "in half precision": (lambda: PlainTransformer(P).to(torch.bfloat16), AFTER),
    "a spare token and class": (lambda: PlainTransformer(P + 1), AFTER),
}


class TiedWithBias(Plain):
    """The matrix of the unembedding is the embedding, and the unembedding has a bias."""

    def __init__(self) -> None:
        super().__init__(("a", "b"), P)
        self.head = nn.Linear(32, P)
        self.head.weight = self.tok_emb.weight


@pytest.mark.parametrize("make", [lambda: Plain(("a", "b"), P, tied=True), TiedWithBias])
def test_tied_embeddings_are_one_parameter(make: Callable[[], Plain]) -> None:
    module = make()
    found = recognised(module, BARE)
    assert found is not None
    weights = found.weights(module)
    assert "unembed.W_U" not in weights
    with torch.no_grad():
        module.double().tok_emb.weight.mul_(1.5)
        ours = found.network.logits(found.weights(module), Batch.of(module.inputs()))
        assert torch.allclose(ours, module(module.inputs()), rtol=1e-9, atol=1e-9)


class OneOddRow(PlainTransformer):
    """Takes the number 6 for a 4 where it comes first."""

    def __init__(self) -> None:
        super().__init__(P)

    def forward(self, tokens: Tensor) -> Tensor:
        return super().forward(torch.where((tokens == 6) & (torch.arange(3) == 0), 4, tokens))


UNKNOWN: dict[str, Callable[[], nn.Module]] = {
    "bounded logits": lambda: Softened(P),
    "another scale of the scores": lambda: Plain(ROW, P, scale=0.123),
    "another eps": lambda: Plain(ROW, P, norm=lambda width: nn.LayerNorm(width, eps=3e-5)),  # type: ignore[arg-type]
    "a normalised embedding": NormedEmbedding,
    "a number that is read as another": OneOddRow,
    "GRU": lambda: Recurrent(nn.GRU),
}

SLOW = {"another scale of the scores", "a number that is read as another"}


def with_noise(module: nn.Module) -> nn.Module:
    """The module with other weights, as after some updates."""
    with torch.no_grad():
        for number, parameter in enumerate(module.parameters()):
            parameter += 0.3 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(number)).to(parameter)
    return module


@pytest.mark.parametrize("kind", KINDS)
def test_the_logits_stay_those_of_the_module_while_it_is_trained(kind: str) -> None:
    make, task = KINDS[kind]
    torch.manual_seed(3)
    module = make()
    found = recognised(module, task)
    assert isinstance(found, PlainModule)
    tokens = torch.from_numpy(task.inputs())
    weights = {name: each.double() for name, each in found.weights(with_noise(module)).items()}
    with torch.no_grad():
        theirs = copy.deepcopy(module).float().eval()(tokens)
        theirs = theirs[:, -1] if theirs.ndim == 3 else theirs
        ours = found.network.logits(weights, Batch.of(tokens))
    assert found.task.classes == ours.shape[1] <= theirs.shape[1]
    assert (ours - theirs[:, : ours.shape[1]]).norm() < 1e-5 * theirs.norm()


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=pytest.mark.long if kind in SLOW else ()) for kind in UNKNOWN])
def test_others_are_not(kind: str) -> None:
    assert recognised(UNKNOWN[kind](), AFTER) is None


def test_weights_that_begin_at_zero_have_their_places_too() -> None:
    """Biases that are all zero, and a last layer that gives no logits yet."""
    module = PlainTransformer(P)
    for parameter in (module.qkv.bias, module.o.bias, module.head.weight, module.head.bias):
        nn.init.zeros_(parameter)
    found = recognised(module, AFTER)
    assert found is not None
    weights = found.weights(with_noise(module))
    q, k, v = module.qkv.bias.detach().view(3, 2, 8)
    for name, bias in (("b_Q", q), ("b_K", k), ("b_V", v)):
        assert torch.equal(weights[f"blocks.0.attn.{name}"], bias)
    assert torch.equal(weights["unembed.W_U"], module.head.weight.detach().T[:, :P])


def test_nothing_of_the_module_is_changed() -> None:
    module = PlainTransformer(P).train()
    module.attn_drop.eval()
    before, flags, random = copy.deepcopy(module.state_dict()), [each.training for each in module.modules()], torch.get_rng_state()
    recognised(module, AFTER)
    assert all(torch.equal(before[name], each) for name, each in module.state_dict().items())
    assert flags == [each.training for each in module.modules()]
    assert torch.equal(random, torch.get_rng_state())
    assert torch.is_grad_enabled()
    assert all(each.requires_grad and each.grad is None for each in module.parameters())
    assert not [each for each in module.modules() if each._forward_hooks or each._forward_pre_hooks]


def test_a_recorded_run_needs_no_module_later_and_goes_on_with_the_module_s_own_weights(tmp_path: Path) -> None:
    module = PlainTransformer(P)
    with mechgrok.record(module, AFTER, tmp_path / "run", every=1) as recorder:
        recorder(1)
        with_noise(module)
        recorder(2)
    own = copy.deepcopy(module.state_dict())
    with torch.no_grad():
        expected = copy.deepcopy(module).double().eval()(torch.from_numpy(AFTER.inputs()))[:, -1]
    assert (mechgrok.open_run(tmp_path / "run").snapshot(2).logits - expected).abs().max() < 1e-5 * expected.abs().max()
    again = PlainTransformer(P, seed=9)
    with mechgrok.record(again, AFTER, tmp_path / "run", every=1) as recorder:
        assert recorder.restore() == 3
    assert all(torch.equal(own[name], each) for name, each in again.state_dict().items())
