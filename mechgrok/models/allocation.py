"""Memory between training steps."""

from __future__ import annotations

import torch

_LARGEST = 31 * 2**20


def keep_freed_memory() -> None:
    """Makes glibc keep what a training step frees for the next one; call it once, before training on a CPU.

    By default large arrays go back to the system when freed, and the next step pays a page fault for every 4 kB of them: at p = 113 some
    2700 a step, a millisecond or two. glibc raises its limit to the largest block below 32 MiB that it has seen freed, so free one.
    """
    torch.empty(_LARGEST, dtype=torch.uint8)
