"""Gromov's quadratic network: random frequencies and phases, right by interference, without any training."""

from __future__ import annotations

import math

import torch

from mechgrok.tasks.modular import Modular
from mechgrok.verification.circuit import Circuit, circle
from mechgrok.verification.hand_built import HandBuiltNetwork


def quadratic(p: int, width: int, seed: int = 0) -> Circuit:
    """Neurons (cos(w_k a + f) + cos(w_k b + g))^2 read off by cos(w_k c + f + g), k going round 1 .. p // 2, f and g random.

    Gromov 2023 (arXiv 2301.02679), section 3. All but cos w_k(a + b - c) interferes away as the width grows.
    """
    draw = torch.Generator().manual_seed(seed)
    f, g = 2 * math.pi * torch.rand(2, width, generator=draw, dtype=torch.float64)
    frequencies = [1 + i % (p // 2) for i in range(width)]
    features = torch.cat([circle(p, k) for k in range(1, p // 2 + 1)], dim=1)
    into_a, into_b = torch.zeros(2, features.shape[1], width, dtype=torch.float64)
    for neuron, k in enumerate(frequencies):
        place = slice(2 * k - 2, 2 * k)
        into_a[place, neuron] = torch.stack([f[neuron].cos(), -f[neuron].sin()])
        into_b[place, neuron] = torch.stack([g[neuron].cos(), -g[neuron].sin()])
    out = torch.stack([circle(p, k, float(f[i] + g[i]))[:, 0] for i, k in enumerate(frequencies)])
    return Circuit(features, into_a, into_b, out)


P = 23
CIRCUIT = quadratic(P, 352)
NETWORK = HandBuiltNetwork(
    "quadratic",
    "Gromov's analytic network at width 352: every frequency from 1 to 11, 32 neurons each with random phases",
    Modular(p=P, loss_classes="numbers"),
    CIRCUIT.model,
    CIRCUIT.weights,
    {"frequencies": set(range(1, P // 2 + 1)), "wrong rows": 0},
)
