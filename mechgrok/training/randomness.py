"""Random numbers of a training step. They depend on (seed, step) alone, so a resumed run needs no generator state."""

from __future__ import annotations

import numpy as np
import torch

WEIGHT_NOISE = 2
EVALUATED_ROWS = 3
"""The purposes of random numbers. Each purpose has its own stream; those of dropout are in `models/forward/dropout.py`."""


def generator(seed: int, step: int, purpose: int) -> torch.Generator:
    """A generator for one step and purpose. It is on the CPU, so its numbers do not depend on the device."""
    state = np.random.SeedSequence([seed, step, purpose]).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state))
