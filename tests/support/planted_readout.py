"""Snapshots with given neurons and a given neuron-logit map, modulo 13."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from planted import table
from planted_attention import P, Told
from torch import Tensor

C = torch.arange(P)


def told(neurons: Sequence[Tensor], W_L: Sequence[Tensor] | Tensor, direct: Tensor | None = None, train: Any = None) -> Told:
    rows = W_L if isinstance(W_L, Tensor) else torch.stack(tuple(W_L))
    direct = torch.zeros(P * P, P, dtype=torch.float64) if direct is None else direct
    return Told(table(P, train=train), neurons=torch.stack(tuple(neurons), 1), W_L=rows, direct=direct)
