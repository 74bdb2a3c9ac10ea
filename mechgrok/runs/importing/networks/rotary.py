"""Rotary positions: the base of their frequencies, and pairs of neighbours in our order."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from mechgrok.runs.importing.networks.structure import State

BASE = 10000.0
"""Of Su et al. 2021 (arXiv 2104.09864), where the file has no frequencies."""


def base_of(state: State, names: Iterable[str]) -> float:
    """The base of the frequencies base^(-2i / d_head) that the file has as inv_freq; else the usual one."""
    for name in names:
        rates = state[name].double()
        if "inv_freq" in name.lower() and rates.ndim == 1 and len(rates) > 1 and 0 < float(rates[1]) < 1:
            return round(float(rates[1]) ** -len(rates), 3)
    return BASE


def in_halves(projection: Tensor) -> Tensor:
    """Queries or keys (..., d_head) whose entries 2i and 2i + 1 are a pair, with these at i and i + d_head / 2."""
    return torch.cat([projection[..., ::2], projection[..., 1::2]], -1)
