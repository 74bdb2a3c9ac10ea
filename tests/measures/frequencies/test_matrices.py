"""The matrices that frequency measures share."""

from __future__ import annotations

import torch

from mechgrok.measures.frequencies.matrices import varies_over_tokens


def test_zeros_do_not_vary() -> None:
    """Nor does what differs in its last digit; a small wave about a large mean does."""
    assert not varies_over_tokens(torch.zeros(5, 3))
    assert not varies_over_tokens(torch.tensor([0.1, 0.7, 1 / 3], dtype=torch.float64).repeat(59, 1))
    assert varies_over_tokens(1e6 + torch.arange(15, dtype=torch.float64).view(5, 3))
