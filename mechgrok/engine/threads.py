"""Visits several checkpoints at a time: they are independent, and a small one does not keep all cores busy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from mechgrok.runs.run import Run

MOST = 4
"""Threads at most; more would wait for Python's global lock."""


def one_by_one(run: Run) -> bool:
    """Whether the table of a run is too large for one forward pass, so that one checkpoint at a time is in memory."""
    from mechgrok.runs.grid import ROWS_AT_ONCE

    # Curves alone have no checkpoints, and may name no task.
    return bool(run.steps) and len(run.grid.rows) > ROWS_AT_ONCE


def visit_in_threads(visit: Callable[[int], None], steps: Sequence[int], run: Run) -> Iterator[None]:
    """Visits the steps in several threads, which share torch's threads; yields after each step.

    After an exception no further step is begun. Where the table of a run is too large for one forward pass, steps are visited one by one,
    to bound the memory.
    """
    if not steps:
        return

    import torch

    threads = torch.get_num_threads()
    count = 1 if one_by_one(run) else min(threads, MOST)
    if count == 1:
        yield from map(visit, steps)
        return
    torch.set_num_threads(threads // count)
    try:
        with ThreadPoolExecutor(count) as pool:
            try:
                yield from pool.map(visit, steps)
            finally:
                pool.shutdown(cancel_futures=True)
    finally:
        torch.set_num_threads(threads)
