"""Random numbers of a training step, from (seed, step) alone: a resumed run needs no generator's history."""

from __future__ import annotations

import numpy as np
import torch

WEIGHT_NOISE = 2
"""What numbers are for; each purpose has its own stream. Dropout has those of `models.dropout.Masks`."""


def generator(seed: int, step: int, purpose: int) -> torch.Generator:
    """A generator on the CPU, so that its numbers are the same for every device."""
    state = np.random.SeedSequence([seed, step, purpose]).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state))
