"""Distractors: frequencies that embedding and neurons carry, and that never reach the logits."""

from __future__ import annotations

import dataclasses

import torch

from mechgrok.tasks.modular import Modular
from mechgrok.verification.circuit import Circuit
from mechgrok.verification.hand_built import HandBuiltNetwork
from mechgrok.verification.zoo.clock import clock

USED, IDLE = {4: 10.0, 12: 8.0, 20: 6.0}, {7: 10.0, 25: 10.0}


def distracted(p: int) -> Circuit:
    """A clock of USED and IDLE frequencies in which the neurons of the idle ones have no output."""
    whole = clock(p, {**USED, **IDLE})
    out = whole.out.clone()
    out[8 * len(USED) :] = torch.zeros(8 * len(IDLE), p, dtype=torch.float64)
    return dataclasses.replace(whole, out=out)


CIRCUIT = distracted(53)
NETWORK = HandBuiltNetwork(
    "distractor",
    "a clock with k = 4, 12, 20; embedding and neurons carry 7 and 25 as well, without an output",
    Modular(p=53, loss_classes="numbers"),
    CIRCUIT.model,
    CIRCUIT.weights,
    {"frequencies": set(USED), "certified": True, "wrong rows": 0, "algorithm": "clock"},
)
