"""Subnormal numbers, below 1.2e-38 in float32, as zeros: a product that meets one takes many times as long.

Once a network has memorised, most probabilities of its softmax are subnormal. The setting belongs to a thread, and a thread inherits it
from the one that starts it, so threads of torch's pool that were started before are ended; torch starts new ones. Decision 0016.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_GRAIN = 2**15
"""Elements that torch gives to one thread before it uses another (at::internal::GRAIN_SIZE)."""
_HARD = 2
"""omp_pause_hard: end the pool's threads (OpenMP 5.0, section 3.2.43)."""


def flush(on: bool = True) -> bool:
    """Computes with subnormal numbers as zeros, or as they are, in this thread and those of torch; returns whether they are zeros now."""
    torch.set_flush_denormal(on)
    if _flushing() != {on}:
        _end_pool()
    return _flushing() == {True}


@contextmanager
def flushed(on: bool = True) -> Iterator[bool]:
    """Flushes subnormal numbers, or keeps them, and sets threads as they were afterwards; gives whether they are zeros."""
    before = _flushing() == {True}
    try:
        yield flush(on)
    finally:
        flush(before)


def _flushing() -> set[bool]:
    """Whether subnormal numbers are zeros, in each of torch's threads."""
    tiny = torch.full((_GRAIN * torch.get_num_threads(),), 1, dtype=torch.int32).view(torch.float32)
    zero = (tiny * 1.0).view(torch.int32) == 0
    return {bool(zero.any()), bool(zero.all())}


def _end_pool() -> None:
    """Ends the threads of torch's OpenMP pool; without OpenMP 5 they stay as they are."""
    pause = getattr(ctypes.CDLL(None), "omp_pause_resource_all", None)
    if pause is not None:
        pause(_HARD)
