"""approximate-cosets of neurons with planted waves, beside least squares and walks around the circle."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from planted import measured
from torch import Tensor

from mechgrok.measures.neurons.approximate_cosets import ApproximateCosets
from mechgrok.models.quadratic_mlp import QuadraticMLP
from mechgrok.runs.grid import Grid
from mechgrok.runs.snapshot import Snapshot
from mechgrok.tasks.modular import Modular


def network(of_a: Tensor, of_b: Tensor) -> Snapshot:
    """Neurons whose pre-activations are of_a[a] + of_b[b], each (p, d_mlp)."""
    p, width = of_a.shape
    task = Modular(p=p, layout="a b")
    weights = {"embed.W_E": torch.stack([of_a, of_b]), "blocks.0.mlp.W_out": torch.zeros(width, p, dtype=torch.float64)}
    return Snapshot(Grid.of(task, None), QuadraticMLP(d_mlp=width).architecture(task), weights, 0)


def waves(p: int, frequencies: list[int], seed: int) -> Tensor:
    draw = np.random.default_rng(seed)
    angle = 2 * math.pi * np.outer(np.arange(p), frequencies) / p + draw.uniform(0, 2 * math.pi, len(frequencies))
    return torch.from_numpy((1 + draw.uniform(size=len(frequencies))) * np.cos(angle))


def test_single_waves_are_simple_and_active_on_one_arc() -> None:
    frequencies = [1, 2, 3, 4, 5, 4, 2]
    found = measured(ApproximateCosets(), network(waves(12, frequencies, 0), waves(12, frequencies, 1)))
    assert found.table["frequency"].tolist() == frequencies
    assert found.table["coset"].tolist() == [1, 2, 3, 4, 1, 4, 2]
    assert found.table["simple"].tolist() == pytest.approx([1] * 7)
    assert found.table["one_arc"].tolist() == [1] * 7
    assert {name: found.headline[name] for name in ("simple_neurons", "share", "frequencies", "cosets")} == {
        "simple_neurons": 7,
        "share": 1.0,
        "frequencies": 5,
        "cosets": 5,
    }


def test_random_neurons_beside_least_squares_and_a_walk_around_the_circle() -> None:
    p, width = 11, 6
    draw = torch.Generator().manual_seed(0)
    of_a, of_b = (torch.randn(p, width, generator=draw, dtype=torch.float64) for _ in range(2))
    found = measured(ApproximateCosets(threshold=0.3), network(of_a, of_b)).table
    a, b = (each.ravel() for each in np.mgrid[:p, :p])
    for neuron in range(width):
        N = of_a.numpy()[a, neuron] + of_b.numpy()[b, neuron]
        fits = []
        for k in range(1, 6):
            w = 2 * math.pi * k / p
            columns = np.stack([np.ones(p * p), np.cos(w * a), np.sin(w * a), np.cos(w * b), np.sin(w * b)], axis=1)
            rest = N - columns @ np.linalg.lstsq(columns, N, rcond=None)[0]
            fits.append(1 - (rest**2).sum() / ((N - N.mean()) ** 2).sum())
        f = int(np.argmax(fits)) + 1
        assert (found["frequency"][neuron], found["simple"][neuron]) == (f, pytest.approx(max(fits), rel=1e-9))
        assert found["is_simple"][neuron] == (max(fits) > 0.3)
        order, active = [x * pow(f, -1, p) % p for x in range(p)], N.reshape(p, p) > 0
        lines = [line[order] for line in (*active, *active.T) if 0 < line.sum() < p]
        one = [sum(line[i] and not line[i - 1] for i in range(p)) == 1 for line in lines]
        assert found["one_arc"][neuron] == pytest.approx(np.mean(one))


def test_two_waves_break_the_arc() -> None:
    p = 31
    tokens = torch.arange(p, dtype=torch.float64)[:, None] * 2 * math.pi / p
    found = measured(ApproximateCosets(), network(torch.cos(tokens) + 0.99 * torch.cos(5 * tokens), 0 * tokens))
    assert found.headline["simple_neurons"] == 0
    assert found.headline["one_arc"] == 0


def test_the_bound_of_the_paper() -> None:
    """(2 ln 100 - 2 ln .1) / (ln(pi / .1) - 1) = 2 ln 1000 / (ln 31.416 - 1), for n = 100, rho = .95."""
    flat = torch.zeros(100, 1, dtype=torch.float64)
    result = measured(ApproximateCosets(), network(flat, flat))
    assert result.headline["bound"] == pytest.approx(2 * math.log(1000) / (math.log(31.41592653589793) - 1), rel=1e-12)
    assert result.table["frequency"].tolist() == [0]
    assert result.missing["one_arc"] == "no neuron is active on some elements and inactive on others"
