"""The clock: products of cosines, so that the logits are exactly a sum of cos w_k(a + b - c)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from mechgrok.tasks.modular import Modular
from mechgrok.verification.circuit import Circuit, circle
from mechgrok.verification.hand_built import HandBuiltNetwork


def clock(p: int, amplitudes: Mapping[int, float]) -> Circuit:
    """L = sum_k A_k cos w_k(a + b - c), from x y = ((x + y)^2 - (x - y)^2) / 4 with quadratic neurons.

    cos w(a + b) = cos wa cos wb - sin wa sin wb and sin w(a + b) = sin wa cos wb + cos wa sin wb (Zhong et al. 2023, arXiv 2306.17844).
    """
    features = torch.cat([radius * circle(p, k) for k, radius in radii(amplitudes).items()], dim=1)
    columns = [column for i, (k, size) in enumerate(amplitudes.items()) for column in _products(p, k, size, 2 * i)]
    unit = torch.diag(torch.tensor([1 / radius for radius in radii(amplitudes).values() for _ in range(2)], dtype=torch.float64))
    into_a = torch.stack([unit[x] for x, _, _, _ in columns], dim=1)
    into_b = torch.stack([sign * unit[y] for _, y, sign, _ in columns], dim=1)
    return Circuit(features, into_a, into_b, torch.stack([sign * out / 4 for _, _, sign, out in columns]))


def radii(frequencies: Iterable[int]) -> dict[int, float]:
    """Amplitude of each circle in the embedding. All differ, so that the principal components of W_E separate the circles."""
    return {k: 1 + i / 4 for i, k in enumerate(frequencies)}


def _products(p: int, k: int, size: float, first: int) -> list[tuple[int, int, float, Tensor]]:
    """(feature of a, feature of b, sign, output over c) of the eight neurons of a frequency; features first, first + 1 are cos and sin."""
    cosine, sine = circle(p, k).T
    parts = [(0, 0, cosine), (1, 1, -cosine), (1, 0, sine), (0, 1, sine)]
    return [(first + x, first + y, sign, size * out) for x, y, out in parts for sign in (1.0, -1.0)]


AMPLITUDES = {3: 10.0, 11: 8.0, 19: 6.0}
CIRCUIT = clock(53, AMPLITUDES)
NETWORK = HandBuiltNetwork(
    "clock",
    "exact sum of cos w_k(a + b - c), k = 3, 11, 19; quadratic neurons multiply",
    Modular(p=53, loss_classes="numbers"),
    CIRCUIT.model,
    CIRCUIT.weights,
    {"frequencies": {3, 11, 19}, "certified": True, "wrong rows": 0, "algorithm": "clock"},
)
