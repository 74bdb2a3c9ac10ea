"""Whether losses are finite, noted where they are computed: a GPU is not waited for at each update."""

from __future__ import annotations

import torch
from torch import Tensor


class FiniteUpdates:
    """Counts updates until the first whose loss is not finite, for one run () or each of several (runs,)."""

    def __init__(self, like: Tensor) -> None:
        """`like` has the shape, dtype and device of the losses."""
        self._so_far = torch.ones_like(like, dtype=torch.bool)
        self._count = torch.zeros_like(like, dtype=torch.long)
        self._last = torch.zeros_like(like)

    def add(self, losses: Tensor) -> None:
        """Notes the losses of an update."""
        self._last.copy_(torch.where(self._so_far, losses, self._last))
        self._so_far &= losses.isfinite()
        self._count += self._so_far

    def counts(self) -> Tensor:
        """How many updates there were before the first whose loss is not finite. The device is waited for."""
        return self._count.cpu()

    def losses(self) -> Tensor:
        """The loss of that update; where all were finite, the last one. The device is waited for."""
        return self._last.cpu()
