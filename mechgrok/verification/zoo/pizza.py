"""The pizza: a and b are added before they are rotated, so that the logits shrink where a and b lie far apart on a circle."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch

from mechgrok.tasks.modular import Modular
from mechgrok.verification.circuit import Circuit, circle
from mechgrok.verification.hand_built import HandBuiltNetwork
from mechgrok.verification.zoo.clock import radii

NEURONS = 64
"""A frequency. The sum over their phases is the integral but for harmonics of about this order: a part in a thousand."""


def pizza(p: int, amplitudes: Mapping[int, float]) -> Circuit:
    """L = sum_k A_k |cos w_k(a - b) / 2| cos w_k(a + b - c), by neurons relu(cos(w_k a + f) + cos(w_k b + f)) over evenly spaced f.

    cos(wa + f) + cos(wb + f) = 2 cos(w(a - b) / 2) cos(w(a + b) / 2 + f); the second harmonic in f of its positive part, of
    weight 2 / (3 pi), is read off by cos(w c + 2 f) (Zhong et al. 2023, arXiv 2306.17844, section 3).
    """
    phases = 2 * math.pi * torch.arange(NEURONS, dtype=torch.float64) / NEURONS
    features = torch.cat([radius * circle(p, k) for k, radius in radii(amplitudes).items()], dim=1)
    into = torch.zeros(features.shape[1], len(amplitudes) * NEURONS, dtype=torch.float64)
    out = torch.zeros(len(amplitudes) * NEURONS, p, dtype=torch.float64)
    for i, (k, size) in enumerate(amplitudes.items()):
        mine = slice(i * NEURONS, (i + 1) * NEURONS)
        into[2 * i : 2 * i + 2, mine] = torch.stack([phases.cos(), -phases.sin()]) / radii(amplitudes)[k]
        angles = torch.atan2(*circle(p, k).T.flip(0).unbind())
        out[mine] = size * 3 * math.pi / (2 * NEURONS) * torch.cos(angles + 2 * phases[:, None])
    return Circuit(features, into, into, out, activation="relu")


AMPLITUDES = {2: 20.0, 9: 20.0, 16: 20.0, 23: 20.0}
CIRCUIT = pizza(53, AMPLITUDES)
NETWORK = HandBuiltNetwork(
    "pizza",
    "sum of |cos w_k(a - b) / 2| cos w_k(a + b - c), k = 2, 9, 16, 23; relu neurons of the sum of both circles",
    Modular(p=53, loss_classes="numbers"),
    CIRCUIT.model,
    CIRCUIT.weights,
    {"frequencies": {2, 9, 16, 23}, "wrong rows": 0, "algorithm": "pizza"},
)
