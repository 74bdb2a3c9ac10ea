"""Dropout that is the same in every process: masks depend on a seed and the number of the step alone."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


class Masks:
    """The dropout masks of one training step, drawn on the CPU in the order in which the network's layers need them."""

    def __init__(self, seed: int, step: int) -> None:
        state = np.random.SeedSequence([seed, step]).generate_state(1, np.uint64)[0]
        self._generator = torch.Generator().manual_seed(int(state >> np.uint64(1)))

    def drop(self, x: Tensor, rate: float) -> Tensor:
        """x with each entry 0 with probability `rate`, else divided by 1 - rate."""
        kept = torch.rand(x.shape, generator=self._generator) >= rate
        return x * kept.to(x) / (1 - rate)


def drop(x: Tensor, rate: float, masks: Masks | None) -> Tensor:
    """x with dropout where there are masks, else x."""
    return x if masks is None or rate == 0 else masks.drop(x, rate)
