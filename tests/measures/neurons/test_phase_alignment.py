"""phase-alignment of Gromov's closed form, of the same with turned outputs, and of random weights."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from planted import measured
from torch import Tensor

from mechgrok.measures.neurons.phase_alignment import PhaseAlignment
from mechgrok.models.quadratic_mlp import QuadraticMLP
from mechgrok.runs.grid import Grid
from mechgrok.runs.snapshot import Snapshot
from mechgrok.tasks.modular import Modular, Operation

P, WIDTH = 13, 24


def network(x: Tensor, y: Tensor, output: Tensor, operation: Operation = "add") -> Snapshot:
    """Neurons cos(w n + x) + cos(w m + y), read as cos(w q + output), frequencies 1 to 6 in turn, each with its own size."""
    task = Modular(p=P, operation=operation, layout="a b")
    w = 2 * math.pi / P * (torch.arange(WIDTH, dtype=torch.float64) % 6 + 1)[:, None]
    tokens, size = torch.arange(P, dtype=torch.float64), 1 + torch.arange(WIDTH, dtype=torch.float64)[:, None] % 5
    W_E = size * torch.stack([torch.cos(w * tokens + x[:, None]), torch.cos(w * tokens + y[:, None])])
    weights = {"embed.W_E": W_E.transpose(1, 2), "blocks.0.mlp.W_out": torch.cos(w * tokens + output[:, None])}
    return Snapshot(Grid.of(task, None), QuadraticMLP(d_mlp=WIDTH).architecture(task), weights, 0)


def phases(seed: int) -> Tensor:
    return 2 * math.pi * torch.rand(WIDTH, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_gromovs_solution_is_aligned() -> None:
    x, y = phases(0), phases(1)
    found = measured(PhaseAlignment(), network(x, y, x + y))
    assert found.headline["alignment"] == pytest.approx(1, abs=1e-9)
    assert found.table["frequency"].tolist() == [1, 2, 3, 4, 5, 6] * 4
    for column, planted in (("input_a", x), ("input_b", y), ("output", x + y)):
        difference = found.table[column] - planted.numpy()
        assert np.cos(difference).tolist() == pytest.approx([1] * WIDTH, abs=1e-9)


def test_the_residual_is_the_angle_by_which_outputs_are_turned() -> None:
    x, y = phases(0), phases(1)
    found = measured(PhaseAlignment(), network(x, y, x + y + 2.0))
    assert found.table["residual"].tolist() == pytest.approx([2.0] * WIDTH, abs=1e-9)
    assert found.headline["alignment"] == pytest.approx(math.cos(2.0), abs=1e-9)


def test_of_differences_the_phase_of_b_counts_negatively() -> None:
    x, y = phases(0), phases(1)
    assert measured(PhaseAlignment(), network(x, y, x - y, "subtract")).headline["alignment"] == pytest.approx(1, abs=1e-9)
    assert measured(PhaseAlignment(), network(x, y, x + y, "subtract")).headline["alignment"] < 0.9


def test_resultants_tell_even_phases_from_equal_ones() -> None:
    """Four neurons of each frequency, a quarter turn apart or all alike; of ReLU neurons eight would be needed for a good integral."""
    even = math.pi / 2 * (torch.arange(WIDTH, dtype=torch.float64) // 6)
    alike = torch.full((WIDTH,), 1.0, dtype=torch.float64)
    spread, bunched = (measured(PhaseAlignment(), network(x, x, 2 * x)).headline for x in (even, alike))
    assert bunched["resultant"] == pytest.approx({str(k): 1.0 for k in range(1, 7)})
    assert max(spread["resultant"].values()) < 0.5
    assert max(spread["quadrature_error"].values()) < min(bunched["quadrature_error"].values())


def test_weights_that_are_zero_have_no_phases() -> None:
    snapshot = network(phases(0), phases(1), phases(2))
    silent = snapshot.with_weights({"embed.W_E": torch.zeros(2, P, WIDTH, dtype=torch.float64)})
    assert measured(PhaseAlignment(), silent).missing["alignment"].startswith("no neuron has a wave")
