"""Each optimiser against its paper's formula, written out step by step in float64 on a bowl of two tensors."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import Parameter

from mechgrok.errors import UserError
from mechgrok.training.decay import Decay
from mechgrok.training.optimizers.adam import Adam
from mechgrok.training.optimizers.adamw import AdamW
from mechgrok.training.optimizers.muon import Muon
from mechgrok.training.optimizers.optimizer import Optimizer
from mechgrok.training.optimizers.rmsprop import RMSprop
from mechgrok.training.optimizers.sgd import SGD

RATES = [0.02, 0.1, 0.05, 0.0, 0.1]


def start() -> dict[str, Tensor]:
    draw = torch.Generator().manual_seed(0)
    return {name: torch.randn(shape, generator=draw, dtype=torch.float64) for name, shape in {"W": (3, 2), "b": (4,)}.items()}


def slope(name: str, weights: Tensor) -> Tensor:
    """Gradient of the bowl sum_i a_i (w_i - 1)^2 / 2, a_i = 1, 2, 3, ..., other for each tensor."""
    steepness = torch.arange(1, weights.numel() + 1, dtype=torch.float64).view_as(weights)
    return steepness * (weights - 1) * (1 if name == "W" else -0.5)


def trained(optimizer: Optimizer, gradient: Callable[[str, Tensor], Tensor] = slope, weights: dict[str, Tensor] | None = None) -> Any:
    """The weights after an update at each of the rates, as the trainer makes them."""
    parameters = {name: Parameter(tensor.clone()) for name, tensor in (weights or start()).items()}
    made, decay = optimizer.build(parameters), Decay(optimizer, parameters)
    for rate in RATES:
        for group in made.param_groups:
            group["lr"] = rate
        for name, parameter in parameters.items():
            parameter.grad = gradient(name, parameter.detach()).clone()
        decay.apply(rate)
        made.step()
    return {name: parameter.detach() for name, parameter in parameters.items()}


def adam_step(betas: tuple[float, float], eps: float, l2: float, decoupled: float) -> Callable[[str, Tensor], Tensor]:
    def run(name: str, w: Tensor) -> Tensor:
        m = v = torch.zeros_like(w)
        for t, rate in enumerate(RATES, 1):
            g = slope(name, w) + l2 * w
            w = w - rate * decoupled * w
            m, v = betas[0] * m + (1 - betas[0]) * g, betas[1] * v + (1 - betas[1]) * g**2
            w = w - rate * (m / (1 - betas[0] ** t)) / ((v / (1 - betas[1] ** t)).sqrt() + eps)
        return w

    return run


def sgd_step(momentum: float, nesterov: bool, l2: float) -> Callable[[str, Tensor], Tensor]:
    def run(name: str, w: Tensor) -> Tensor:
        v = torch.zeros_like(w)
        for rate in RATES:
            g = slope(name, w) + l2 * w
            v = momentum * v + g
            w = w - rate * (g + momentum * v if nesterov else v)
        return w

    return run


def rmsprop_step(alpha: float, eps: float, momentum: float, l2: float) -> Callable[[str, Tensor], Tensor]:
    def run(name: str, w: Tensor) -> Tensor:
        square = velocity = torch.zeros_like(w)
        for rate in RATES:
            g = slope(name, w) + l2 * w
            square = alpha * square + (1 - alpha) * g**2
            velocity = momentum * velocity + g / (square.sqrt() + eps)
            w = w - rate * velocity
        return w

    return run


@pytest.mark.parametrize(
    ("optimizer", "by_hand"),
    [
        (AdamW(weight_decay=0.7, betas=(0.8, 0.9), eps=0.03), adam_step((0.8, 0.9), 0.03, 0.0, 0.7)),
        (Adam(l2=0.7, betas=(0.8, 0.9), eps=0.03), adam_step((0.8, 0.9), 0.03, 0.7, 0.0)),
        (Adam(), adam_step((0.9, 0.999), 1e-8, 0.0, 0.0)),
        (SGD(l2=0.4), sgd_step(0.9, True, 0.4)),
        (SGD(momentum=0.6, nesterov=False), sgd_step(0.6, False, 0.0)),
        (SGD(momentum=0.0, nesterov=False), sgd_step(0.0, False, 0.0)),
        (RMSprop(l2=0.3), rmsprop_step(0.99, 1e-8, 0.0, 0.3)),
        (RMSprop(alpha=0.7, eps=0.01, momentum=0.5), rmsprop_step(0.7, 0.01, 0.5, 0.0)),
    ],
    ids=lambda value: str(value) if isinstance(value, Optimizer) else "by hand",
)
def test_updates_are_the_papers(optimizer: Optimizer, by_hand: Callable[[str, Tensor], Tensor]) -> None:
    found = trained(optimizer)
    for name, weights in start().items():
        torch.testing.assert_close(found[name], by_hand(name, weights), rtol=1e-12, atol=1e-13, msg=name)
        assert not torch.allclose(found[name], weights, rtol=1e-2)


def nothing(name: str, weights: Tensor) -> Tensor:
    return torch.zeros_like(weights)


def shrunk(strength: float) -> float:
    return math.prod(1 - rate * strength for rate in RATES)


@pytest.mark.parametrize("kind", [AdamW, SGD])
def test_without_a_gradient_weights_decay_to_zero_geometrically(kind: Any) -> None:
    optimizer = AdamW(weight_decay=3.0) if kind is AdamW else SGD(l2=3.0, momentum=0.0, nesterov=False)
    found = trained(optimizer, nothing)
    for name, weights in start().items():
        torch.testing.assert_close(found[name], shrunk(3.0) * weights, rtol=1e-12, atol=0, msg=name)


@pytest.mark.parametrize("optimizer", [AdamW(weight_decay=3.0, decay_to="init"), SGD(l2=3.0, momentum=0, nesterov=False, decay_to="init")])
def test_decay_to_the_initial_weights_is_geometric_too(optimizer: Optimizer) -> None:
    """theta_t - theta_0 = prod (1 - lr wd) (theta - theta_0): the weights are moved away by hand once the decay knows the initial ones."""
    initial = start()
    parameters = {name: Parameter(tensor.clone()) for name, tensor in initial.items()}
    made, decay = optimizer.build(parameters), Decay(optimizer, parameters)
    with torch.no_grad():
        for parameter in parameters.values():
            parameter.add_(2.0)
    for rate in RATES:
        for group in made.param_groups:
            group["lr"] = rate
        for parameter in parameters.values():
            parameter.grad = torch.zeros_like(parameter)
        decay.apply(rate)
        made.step()
    for name, parameter in parameters.items():
        torch.testing.assert_close(parameter.detach(), initial[name] + 2 * shrunk(3.0), rtol=1e-12, atol=1e-13, msg=name)


NETWORK = {
    "embed.W_E": (5, 3),
    "pos_embed.W_pos": (2, 3),
    "blocks.0.attn.W_Q": (2, 3, 4),
    "blocks.0.attn.b_Q": (2, 4),
    "blocks.0.ln1.w": (3,),
    "blocks.0.mlp.W_in": (3, 6),
    "blocks.0.mlp.b_in": (6,),
    "unembed.W_U": (3, 5),
    "unembed.b_U": (5,),
}
"""TransformerLens names with shapes. Its b_Q has two dimensions."""
MLP, BIASES = {"blocks.0.mlp.W_in", "blocks.0.mlp.b_in"}, {"blocks.0.ln1.w", "blocks.0.mlp.b_in", "unembed.b_U"}
SCOPES = {
    ("all",): set(NETWORK),
    ("matrices",): set(NETWORK) - BIASES,
    ("biases",): BIASES,
    ("embedding",): {"embed.W_E", "pos_embed.W_pos"},
    ("unembedding",): {"unembed.W_U", "unembed.b_U"},
    ("attention",): {"blocks.0.attn.W_Q", "blocks.0.attn.b_Q"},
    ("mlp",): MLP,
    ("mlp", "biases"): MLP | BIASES,
}


def network(**sizes: tuple[int, ...]) -> dict[str, Tensor]:
    draw = torch.Generator().manual_seed(1)
    return {name: torch.randn(shape, generator=draw, dtype=torch.float64) for name, shape in (sizes or NETWORK).items()}


@pytest.mark.parametrize("to", ["zero", "init"])
@pytest.mark.parametrize("scope", SCOPES, ids="+".join)
def test_only_what_is_in_the_scope_decays(scope: Any, to: Any) -> None:
    optimizer = AdamW(decay_scope=scope, weight_decay=2.0, decay_to=to)
    parameters = {name: Parameter(tensor) for name, tensor in network().items()}
    assert optimizer.decaying(parameters) == SCOPES[scope]
    found = trained(optimizer, nothing, network())
    moved = {name for name, tensor in network().items() if not torch.equal(tensor, found[name])}
    assert moved == (SCOPES[scope] if to == "zero" else set())


def test_a_scope_without_parameters_is_refused() -> None:
    with pytest.raises(UserError, match=r"^optimizer\.decay_scope: the network trains no parameter in the scope mlp; choose another$"):
        AdamW(decay_scope=("all", "mlp")).build({"embed.W_E": Parameter(torch.ones(2, 2))})


def test_nesterov_without_momentum_is_refused() -> None:
    with pytest.raises(UserError, match="nesterov needs a momentum above 0; set momentum, or turn nesterov off"):
        SGD(momentum=0.0)


def muon_factors(momentum: float, matrix: Tensor, rates: list[float]) -> Iterator[Tensor]:
    """For a constant gradient: singular values after five rounds of s -> 3.4445 s - 4.7750 s^3 + 2.0315 s^5 from s = sigma / |sigma|."""
    u, sigma, v = torch.linalg.svd(matrix, full_matrices=False)
    for _ in rates:
        s = sigma / sigma.norm()
        for _ in range(5):
            s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
        yield u @ torch.diag(s) @ v


@pytest.mark.parametrize("shape", [(4, 3), (3, 4), (6, 6)])
def test_muon_moves_along_the_orthogonal_factor(shape: tuple[int, int]) -> None:
    """bfloat16 holds two to three digits: the update agrees with the exact polynomial to a few hundredths of its size."""
    weights = {"blocks.0.mlp.W_in": network(a=shape)["a"]}
    gradient = torch.linalg.qr(torch.randn(6, 6, generator=torch.Generator().manual_seed(2), dtype=torch.float64))[0][
        : shape[0], : shape[1]
    ]
    gradient = gradient @ torch.diag(torch.linspace(1, 2, shape[1], dtype=torch.float64))
    found = trained(Muon(weight_decay=0.5), lambda *_: gradient, weights)["blocks.0.mlp.W_in"]
    expected = weights["blocks.0.mlp.W_in"]
    for rate, factor in zip(RATES, muon_factors(0.95, gradient, RATES), strict=True):
        expected = (1 - rate * 0.5) * expected - 0.2 * math.sqrt(max(shape)) * rate * factor
    way = 0.2 * math.sqrt(max(shape)) * sum(RATES)
    torch.testing.assert_close(found, expected, rtol=0, atol=0.04 * way)


@pytest.mark.parametrize("nesterov", [True, False])
def test_muons_momentum_is_a_mean_of_gradients(nesterov: bool) -> None:
    """M = mu M + (1 - mu) g, for g = I and then -0.6 I; what is made orthogonal is M, or with Nesterov (1 - mu) g + mu M."""
    matrix = torch.eye(3, dtype=torch.float64)
    parameters = {"blocks.0.mlp.W_in": Parameter(torch.zeros(3, 3, dtype=torch.float64))}
    made = Muon(momentum=0.8, nesterov=nesterov, lr=1.0, weight_decay=0.0).build(parameters)
    moves = []
    for factor in (1, -0.6):
        before = parameters["blocks.0.mlp.W_in"].detach().clone()
        parameters["blocks.0.mlp.W_in"].grad = factor * matrix
        made.step()
        moves.append((parameters["blocks.0.mlp.W_in"].detach() - before)[0, 0].item())
    # M is 0.2 and then 0.8 * 0.2 - 0.2 * 0.6 = 0.04 times I; with Nesterov the second mix is -0.12 + 0.8 * 0.04 = -0.088.
    assert [math.copysign(1, move) for move in moves] == [-1, 1 if nesterov else -1]
    assert made.state_dict()["state"][0]["momentum_buffer"][0, 0].item() == pytest.approx(0.04, rel=1e-12)


def test_muon_takes_the_matrices_of_the_blocks_by_head_and_adamw_the_rest() -> None:
    parameters = {name: Parameter(tensor) for name, tensor in network().items()}
    made = Muon().build(parameters)
    for parameter in parameters.values():
        parameter.grad = torch.ones_like(parameter)
    made.step()
    state = made.state_dict()["state"]
    matrices = [tuple(entry["momentum_buffer"].shape) for entry in state.values() if "momentum_buffer" in entry]
    others = [tuple(entry["exp_avg"].shape) for entry in state.values() if "exp_avg" in entry]
    assert matrices == [(3, 4), (3, 4), (2, 4), (3, 6)]
    assert others == [NETWORK[name] for name in NETWORK if name not in {"blocks.0.attn.W_Q", "blocks.0.attn.b_Q", "blocks.0.mlp.W_in"}]
    held = [id(parameter) for group in made.param_groups for parameter in group["params"]]
    assert sorted(held) == sorted(map(id, parameters.values()))


def test_muon_treats_a_head_as_a_matrix_of_its_own() -> None:
    heads = network(a=(2, 3, 4))["a"]
    gradient = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    together = trained(Muon(), lambda *_: gradient, {"blocks.0.attn.W_Q": heads})["blocks.0.attn.W_Q"]
    for head in range(2):
        alone = trained(Muon(), lambda *_, head=head: gradient[head], {"blocks.0.mlp.W_in": heads[head]})["blocks.0.mlp.W_in"]
        assert torch.equal(together[head], alone)


def test_muon_without_matrices_is_refused() -> None:
    with pytest.raises(UserError, match="the network trains no matrices besides its embeddings; use adamw"):
        Muon().build({"embed.W_E": Parameter(torch.ones(2, 2)), "unembed.b_U": Parameter(torch.ones(2))})


def test_muon_needs_a_torch_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.optim, "Muon")
    with pytest.raises(UserError, match=r"needs torch 2\.9 or newer, and this is 2\."):
        Muon().build({"blocks.0.mlp.W_in": Parameter(torch.ones(2, 2))})
