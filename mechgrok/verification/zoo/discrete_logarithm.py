"""A clock of multiplication: the circles turn with the discrete logarithm, so that the additive basis sees every frequency."""

from __future__ import annotations

import torch

from mechgrok.tasks.charts import chart
from mechgrok.tasks.modular import Modular
from mechgrok.verification.circuit import Circuit
from mechgrok.verification.hand_built import HandBuiltNetwork
from mechgrok.verification.zoo.clock import clock

P = 53
FLAGS = ([1.0, 0.0], [0.0, 1.0])
"""What the last two neurons take of the flag of a, and of b."""


def multiplicative_clock(p: int, amplitudes: dict[int, float]) -> Circuit:
    """L = sum_k A_k cos 2 pi k (log a + log b - log c) / (p - 1) for a, b, c other than 0; a flag of token 0 answers 0."""
    found = chart("multiplicative", p)
    assert found is not None
    tokens, base = torch.from_numpy(found.tokens), clock(p - 1, amplitudes)
    width, d_mlp = base.into_a.shape
    features, out = torch.zeros(p, width + 1, dtype=torch.float64), torch.zeros(d_mlp + 2, p, dtype=torch.float64)
    features[tokens, :width], features[0, width] = base.features, 1
    out[:d_mlp, tokens] = base.out
    out[d_mlp:, 0] = 100
    flags = [torch.tensor([taken], dtype=torch.float64) for taken in FLAGS]
    into_a, into_b = torch.block_diag(base.into_a, flags[0]), torch.block_diag(base.into_b, flags[1])
    return Circuit(features, into_a, into_b, out)


CIRCUIT = multiplicative_clock(P, {2: 10.0, 9: 8.0, 17: 6.0})
NETWORK = HandBuiltNetwork(
    "discrete-logarithm",
    "multiplication by a clock of log a + log b, k = 2, 9, 17 modulo 52",
    Modular(p=P, operation="multiply", loss_classes="numbers"),
    CIRCUIT.model,
    CIRCUIT.weights,
    {"frequencies": {2, 9, 17}, "certified": True, "wrong rows": 0},
)
