"""Gromov's network: its closed-form solution adds, what it refuses, how its weights are drawn."""

from __future__ import annotations

import math

import pytest
import torch

from mechgrok.errors import UserError
from mechgrok.models.forward.tables import Batch
from mechgrok.models.quadratic_mlp import QuadraticMLP
from mechgrok.tasks.modular import Modular

BARE = Modular(p=97, layout="a b")


def accuracy(width: int, seed: int) -> float:
    model = QuadraticMLP(d_mlp=width, init="analytic", seed=seed)
    logits = model.architecture(BARE).logits(model.initial(BARE), Batch.of(torch.from_numpy(BARE.inputs())))
    return float((logits.argmax(1) == torch.from_numpy(BARE.labels())).double().mean())


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_analytic_network_adds_without_training(seed: int) -> None:
    """Measured elsewhere for p = 97: .987 to .998 of all pairs at N = 96, all of them from 192 on; with few neurons it cannot."""
    assert accuracy(12, seed) < 0.5
    assert 0.98 <= accuracy(96, seed) < 1
    assert accuracy(192, seed) == accuracy(384, seed) == 1


def test_analytic_weights_are_waves_whose_phases_add_up() -> None:
    """Neuron k has frequency k + 1 (48 of them, then again): u_n = cos(w n + x), v_m = cos(w m + y), w_q = cos(w q + x + y)."""
    weights = QuadraticMLP(d_mlp=96, init="analytic").initial(BARE)
    rows = torch.stack([weights["embed.W_E"][0].T, weights["embed.W_E"][1].T, weights["blocks.0.mlp.W_out"]])
    waves = torch.fft.rfft(rows.double(), dim=2)
    assert waves.abs().argmax(2).tolist() == [[k % 48 + 1 for k in range(96)]] * 3
    phases = torch.stack([waves[:, k, k % 48 + 1].angle() for k in range(96)], dim=1)
    assert torch.cos(phases[0] + phases[1] - phases[2]).min() > 1 - 1e-6
    assert phases[0].std() > 1
    assert phases[1].std() > 1


def test_the_papers_weights_are_standard_normal_and_torchs_are_uniform() -> None:
    normal, linear = (QuadraticMLP(init=init).initial(BARE) for init in ("gromov2023", "devon2024"))
    assert all(tensor.std().item() == pytest.approx(1, rel=0.02) for tensor in normal.values())
    for name, inputs in (("embed.W_E", 2 * 97), ("blocks.0.mlp.W_out", 512)):
        assert linear[name].abs().max().item() == pytest.approx(inputs**-0.5, rel=1e-3)
        assert linear[name].std().item() == pytest.approx(inputs**-0.5 / math.sqrt(3), rel=0.02)


def test_torchs_weights_are_those_of_two_modules_made_one_after_the_other() -> None:
    torch.manual_seed(5)
    first, second = torch.nn.Linear(194, 512, bias=False), torch.nn.Linear(512, 97, bias=False)
    weights = QuadraticMLP(init="devon2024", seed=5).initial(BARE)
    assert torch.equal(torch.cat(list(weights["embed.W_E"])).T, first.weight)
    assert torch.equal(weights["blocks.0.mlp.W_out"].T, second.weight)


def test_at_first_the_logits_are_next_to_nothing() -> None:
    """Measured elsewhere for torch's weights, p = 113: about 2e-8."""
    task = Modular(p=113, layout="a b")
    model = QuadraticMLP(init="devon2024")
    logits = model.architecture(task).logits(model.initial(task), Batch.of(torch.from_numpy(task.inputs())))
    assert 5e-9 < logits.abs().mean().item() < 8e-8


def test_what_it_refuses() -> None:
    with pytest.raises(UserError, match=r'use --task\.layout "a b"'):
        QuadraticMLP().architecture(Modular(p=7))
    with pytest.raises(UserError, match="does something else; use gromov2023"):
        QuadraticMLP(init="analytic").architecture(Modular(p=7, layout="a b", operation="multiply"))
