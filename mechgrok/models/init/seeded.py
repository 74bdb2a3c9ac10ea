"""Torch's global random numbers after a seed, for initial weights that are those of published code."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_DRAWING = threading.RLock()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """A block that draws after `torch.manual_seed(seed)`, one thread at a time, and leaves the global generator as it was."""
    import torch

    with _DRAWING, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
