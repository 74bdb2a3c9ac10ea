"""Networks moved by hand in place of the sampler, so that measures of sampled losses have exact answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
import torch
from torch import Tensor

from mechgrok.maths.landscape import langevin

MOVES = (0.2, -0.1, 0.3, 0.05)
"""Draw i of chain c has the factor 1 + MOVES[i] (c + 1) on all moving weights."""


def move_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replaces the sampler."""

    def sample(loss: Callable, weights: Mapping[str, Tensor], sampler: langevin.Sampler, observed: Callable | None = None) -> Tensor:
        seen = observed or loss
        with torch.no_grad():
            found = [seen(scaled(weights, chain, move)).double() for chain in range(sampler.chains) for move in MOVES]
        return torch.stack(found).unflatten(0, (sampler.chains, len(MOVES)))

    monkeypatch.setattr(langevin, "sample", sample)
    monkeypatch.setattr(langevin, "installed", lambda: True)


def scaled(weights: Mapping[str, Tensor], chain: int, move: float) -> dict[str, Tensor]:
    """The weights of a draw."""
    return {name: tensor * (1 + move * (chain + 1)) for name, tensor in weights.items()}
