"""Dropout that is the same in every process: masks come from a seed and the number of the step alone."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from mechgrok.models.forward import lengths


class Masks:
    """The masks of one training step, drawn on the CPU in the order in which a network asks for them."""

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


def run(model: nn.Module, tokens: Tensor, masks: Masks | None = None) -> Tensor:
    """A module's own forward at the position that is read (batch, d_vocab_out), with dropout only where there are masks.

    The modules of the network that drop anything have an attribute `masks`.
    """
    droppers = [module for module in model.modules() if "masks" in vars(module)]
    for module in droppers:
        vars(module)["masks"] = masks
    try:
        return lengths.each(tokens, lambda rows: model(rows)[:, -1])
    finally:
        for module in droppers:
            vars(module)["masks"] = None
