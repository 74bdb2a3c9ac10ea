"""Cosets: the answer modulo 5 and modulo 7, put together by the Chinese remainder theorem."""

from __future__ import annotations

from mechgrok.tasks.modular import Modular
from mechgrok.verification.hand_built import HandBuiltNetwork
from mechgrok.verification.zoo.clock import clock

P = 35
SIZE = 4.0
CIRCUIT = clock(P, dict.fromkeys((5, 7, 10, 14, 15), SIZE))
"""5, 10, 15 are all frequencies of functions of the residue modulo 7, and 7, 14 of that modulo 5."""

NETWORK = HandBuiltNetwork(
    "cosets",
    "3.5 [c = a + b mod 7] + 2.5 [c = a + b mod 5], times 4 and less a constant: p = 35, frequencies 5, 10, 15 and 7, 14",
    Modular(p=P, loss_classes="numbers"),
    CIRCUIT.model,
    CIRCUIT.weights,
    {"frequencies": {5, 7, 10, 14, 15}, "certified": True, "wrong rows": 0},
)
