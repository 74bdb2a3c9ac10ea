"""Rotary positions: the base of their frequencies, and pairs of neighbours in our order."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from mechgrok.runs.importing.networks.structure import State

BASE = 10000.0
"""Of Su et al. 2021 (arXiv 2104.09864), where the file has no frequencies."""


def base_of(state: State, names: Iterable[str]) -> float:
    """The base of the frequencies base^(-2i / d_head) that the file has as inv_freq or as sines; else the usual one."""
    for name in names:
        found, low = state[name].double(), name.lower()
        if "inv_freq" in low and found.ndim == 1 and len(found) > 1 and 0 < float(found[1]) < 1:
            return _rounded(float(found[1]) ** -len(found))
        waves = found.squeeze()
        if "sin" in low and waves.ndim == 2 and len(waves) > 1 and waves.shape[1]:
            return base_of_waves(waves)
    return BASE


def base_of_waves(waves: Tensor) -> float:
    """The same from sin(pos base^(-2i / d_head)) (pos, d_head / 2), or with every frequency twice (pos, d_head)."""
    rates = waves[1].double().clamp(0, 1).asin().sort(descending=True).values
    twice = len(rates) > 1 and bool(rates[0] - rates[1] < 1e-6 * rates[0])
    distinct = rates[::2] if twice else rates
    return _rounded(float(distinct[1]) ** -len(distinct)) if len(distinct) > 1 and 0 < float(distinct[1]) < 1 else BASE


def _rounded(base: float) -> float:
    """The base as it was written, up to single precision."""
    return float(f"{base:.6g}")


def in_halves(projection: Tensor) -> Tensor:
    """Queries or keys (..., d_head) whose entries 2i and 2i + 1 are a pair, with these at i and i + d_head / 2."""
    return torch.cat([projection[..., ::2], projection[..., 1::2]], -1)
