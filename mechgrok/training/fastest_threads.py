"""The number of CPU threads with which products of matrices are fastest now: on cores that others use, one thread often is."""

from __future__ import annotations

import time
from statistics import median

import torch

_ROWS, _WIDTH, _NEURONS = 1024, 128, 512
"""A product of the size of those of the paper's network."""
_PRODUCTS, _TURNS = 20, 5


def fastest_threads() -> int:
    """One thread, or as many as torch has by default, whichever multiplies faster in a tenth of a second; torch's number stays."""
    most = torch.get_num_threads()
    if most == 1:
        return 1
    try:
        seconds: dict[int, list[float]] = {1: [], most: []}
        for _ in range(_TURNS):
            for count, taken in seconds.items():
                torch.set_num_threads(count)
                taken.append(_seconds())
    finally:
        torch.set_num_threads(most)
    return min(seconds, key=lambda count: median(seconds[count]))


def _seconds() -> float:
    """The time of some products, after one that starts the threads."""
    left, right = torch.ones(_ROWS, _WIDTH), torch.ones(_WIDTH, _NEURONS)
    left @ right
    start = time.perf_counter()
    for _ in range(_PRODUCTS):
        left @ right
    return time.perf_counter() - start
