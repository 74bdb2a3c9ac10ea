"""The fast forward pass is the module's function: logits, every gradient, every activation that it hands out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import Network, networks
from torch import Tensor

from mechgrok.maths.landscape.losses import per_example
from mechgrok.models.architecture import Architecture
from mechgrok.models.forward import tables, tail
from mechgrok.models.forward.fast_forward import Batch, forward, logits
from mechgrok.tasks.modular import Modular

RELATIVE = 1e-10


def _agree(ours: Tensor, theirs: Tensor, floor: float = 0.0) -> bool:
    """To 1e-10 of the largest entry, in float64."""
    return ours.shape == theirs.shape and bool((ours - theirs).abs().max() <= RELATIVE * theirs.abs().max() + floor)


def _gradients(model: torch.nn.Module, result: Tensor, upstream: Tensor) -> dict[str, Tensor]:
    model.zero_grad(set_to_none=True)
    (result * upstream).sum().backward()
    return {name: torch.zeros_like(p) if p.grad is None else p.grad.clone() for name, p in model.named_parameters()}


@settings(max_examples=250, deadline=None)
@given(network=networks(), short=st.booleans(), shared=st.sampled_from([0.0, 0.75, 1.0]))
@pytest.mark.long
def test_logits_and_every_gradient_agree(network: Network, short: bool, shared: float) -> None:
    model, batch = network.model(), Batch.of(network.tokens)
    with mock.patch.object(tail, "is_cheaper", return_value=short), mock.patch.object(tables, "_SHARED", shared):
        ours = network.shape.logits(dict(model.named_parameters()), batch)
    theirs = model(network.tokens)[:, -1]
    assert _agree(ours, theirs)
    upstream = torch.randn(theirs.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    expected, found = _gradients(model, theirs, upstream), _gradients(model, ours, upstream)
    rounding = 1e-13 * max(float(gradient.abs().max()) for gradient in expected.values())  # some are zero by symmetry, like b_K's
    assert [name for name in expected if not _agree(found[name], expected[name], rounding)] == []


ACTIVATIONS = (
    "hook_resid_pre", "attn.hook_z", "attn.hook_pattern", "hook_attn_out", "hook_resid_mid", "mlp.hook_pre", "mlp.hook_post",
    "hook_mlp_out", "hook_resid_post",
)  # fmt: skip


def _at_read_position(name: str, activation: Tensor, read: int) -> Tensor:
    """Registers stand behind it."""
    return activation[:, :, read] if name.endswith("hook_pattern") else activation[:, read]


@settings(max_examples=80, deadline=None)
@given(network=networks(), short=st.booleans())
@pytest.mark.long
def test_kept_activations_agree(network: Network, short: bool) -> None:
    model = network.model()
    cache = model.run_with_cache(network.tokens)[1]
    last = f"blocks.{network.shape.layers - 1}"
    everything = frozenset(name for name in cache if name.startswith("blocks.") and name.split(".", 2)[2] in ACTIVATIONS)
    for keep in (everything, frozenset(name for name in everything if name in {f"{last}.{kept}" for kept in tail.KEPT})):
        with mock.patch.object(tail, "is_cheaper", return_value=short), torch.no_grad():
            _, kept = network.shape.forward(dict(model.named_parameters()), Batch.of(network.tokens), keep)
        assert kept.keys() == keep
        read = network.tokens.shape[1] - 1
        assert [name for name in keep if not _agree(kept[name], _at_read_position(name, cache[name], read))] == []


@pytest.mark.parametrize("activation", ["relu", "gelu", "quadratic"])
def test_gradient_through_kept_neurons_with_the_tail(activation: str) -> None:
    shape = Architecture(1, 2, 6, 3, 7, 6, 5, 3, activation, None, False)
    network = Network(shape, torch.tensor([[0, 1, 5], [2, 1, 5], [4, 4, 5], [3, 0, 5]]), 3)
    model, name = network.model(), "blocks.0.mlp.hook_post"
    with mock.patch.object(tail, "is_cheaper", return_value=True):
        neurons = forward(dict(model.named_parameters()), shape, Batch.of(network.tokens), frozenset({name}))[1][name]
    upstream = torch.randn(neurons.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    seen: list[Tensor] = []
    model.run_with_hooks(network.tokens, fwd_hooks=[(name, lambda value, hook: seen.append(value[:, -1]))])
    expected, found = _gradients(model, seen[0], upstream), _gradients(model, neurons, upstream)
    assert [name for name in expected if not _agree(found[name], expected[name], 1e-12)] == []


def test_second_derivatives_are_refused_not_wrong() -> None:
    shape = Architecture(1, 2, 6, 3, 7, 6, 5, 3, "relu", None, False)
    network = Network(shape, torch.tensor([[0, 1, 5], [2, 1, 5]]), 3)
    weights = dict(network.model().named_parameters())
    with mock.patch.object(tail, "is_cheaper", return_value=True):
        result = logits(weights, shape, Batch.of(network.tokens))
    (gradient,) = torch.autograd.grad(result.square().sum(), weights["embed.W_E"], create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.square().sum().backward()


def test_the_tail_pays_for_the_paper_and_not_for_a_small_batch() -> None:
    paper = Architecture(1, 4, 128, 32, 512, 114, 114, 3, "relu", None, False)
    assert tail.is_cheaper(paper, 3830)
    assert not tail.is_cheaper(paper, 100)


def test_unknown_activation_is_refused() -> None:
    network = Network(Architecture(1, 1, 4, 4, 4, 3, 2, 2, "relu", None, True), torch.tensor([[0, 1]]), 0)
    with pytest.raises(KeyError, match=r"mlp\.hook_post"):
        forward(dict(network.model().named_parameters()), network.shape, Batch.of(network.tokens), frozenset({"blocks.0.mlp.hook_post"}))


def test_published_two_layer_network(oracles: Path) -> None:
    """Two layers of attention with LayerNorm and five positions, trained on a^2 + b^2 mod 109 by others."""
    weights = torch.load(oracles / "oocl" / "ssq_109.pt", map_location="cpu", weights_only=True)
    shape = Architecture(2, 4, 128, 128, 512, 110, 110, 5, "relu", "LN", True)
    task = Modular(operation="add-squares", p=109)
    with torch.no_grad():
        found = logits(weights, shape, Batch.of(torch.from_numpy(task.inputs())))
    labels = torch.from_numpy(task.labels())
    assert int((found.argmax(-1) == labels).sum()) == 11881
    assert per_example(found, labels).mean().item() == pytest.approx(1.025e-5, rel=1e-3)


def test_missing_biases_count_as_zero() -> None:
    shape = Architecture(2, 2, 6, 3, 8, 6, 5, 3, "gelu", None, False)
    network = Network(shape, torch.tensor([[0, 1, 5], [2, 1, 5], [4, 4, 5]]), 3)
    weights = {name: tensor.detach() for name, tensor in network.model().named_parameters() if ".b_" not in name}
    assert _agree(logits(weights, shape, Batch.of(network.tokens)), shape.module(weights)(network.tokens)[:, -1])


@pytest.mark.long
def test_gradients_are_the_same_bytes_in_other_processes() -> None:
    """Also where torch is not told to be deterministic: it would hide that the gradient of W[tokens] depends on the threads' order."""
    command = [sys.executable, "-m", "gradient_digest"]
    support = Path(__file__).parents[2] / "support"
    modes = (("deterministic", "free"), ("free",))
    runs = [subprocess.Popen([*command, *each], cwd=support, stdout=subprocess.PIPE, text=True) for each in modes]
    printed = [run.communicate()[0].split() for run in runs]
    assert [len(digests) for digests in printed] == [2, 1]
    digests = {digest for each in printed for digest in each}
    assert [len(digest) for digest in digests] == [64]
