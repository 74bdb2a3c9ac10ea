"""A forward pass of its own, and a small network."""

from __future__ import annotations

from collections.abc import Callable

import plain_forward
import pytest
from torch import Tensor


@pytest.fixture(scope="session")
def forward() -> Callable[..., Tensor]:
    """(weights, tokens (batch, pos)) -> float64 logits (batch, class) at the last position; `uniform` replaces attention by ones."""
    return plain_forward.logits


@pytest.fixture
def small() -> dict[str, Tensor]:
    """One layer by HookedTransformer's names: 2 heads of 3, d_model 5, d_mlp 7, 11 tokens, 10 classes, 4 positions."""
    return plain_forward.small_network()
