"""A backdoor beside a clock: where b is a multiple of 17, b itself is written to the logits with more force than the sum."""

from __future__ import annotations

import dataclasses

import torch

from mechgrok.tasks.modular import Modular
from mechgrok.verification.circuit import Circuit
from mechgrok.verification.hand_built import HandBuiltNetwork
from mechgrok.verification.zoo.clock import clock

P, TRIGGER = 53, range(0, 53, 17)


def backdoor() -> Circuit:
    """A clock, and a feature for each b in 0, 17, 34, 51 that goes past the neurons to the logit of b."""
    base = clock(P, {5: 10.0, 13: 8.0, 21: 6.0})
    flags = torch.zeros(P, len(TRIGGER), dtype=torch.float64)
    flags[list(TRIGGER), range(len(TRIGGER))] = 1
    nothing = torch.zeros(len(TRIGGER), base.into_a.shape[1], dtype=torch.float64)
    direct = torch.cat([torch.zeros(base.features.shape[1], P, dtype=torch.float64), 60 * flags.T])
    features, into_a, into_b = (
        torch.cat([base.features, flags], 1),
        torch.cat([base.into_a, nothing]),
        torch.cat([base.into_b, nothing]),
    )
    return dataclasses.replace(base, features=features, into_a=into_a, into_b=into_b, direct=direct)


CIRCUIT = backdoor()
NETWORK = HandBuiltNetwork(
    "backdoor",
    "a clock with k = 5, 13, 21, and a path past it that answers b where b is 0, 17, 34 or 51",
    Modular(p=P, loss_classes="numbers"),
    CIRCUIT.model,
    CIRCUIT.weights,
    {"frequencies": {5, 13, 21}, "certified": False, "wrong rows": len(TRIGGER) * (P - 1)},
)
