"""Checkpoints of small tables, several at a time: they are independent, and too small to keep all cores busy one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from mechgrok.runs.run import Run

MOST = 4
"""More threads than this wait for Python's lock."""


def side_by_side(visit: Callable[[int], None], steps: Sequence[int], run: Run) -> Iterator[None]:
    """Visits the steps, tells of each, and shares torch's threads out among those under way.

    After an exception no other step is begun. Tables too large for one forward pass are visited one by one, for their memory's sake.
    """
    if not steps:
        return

    import torch

    from mechgrok.runs.grid import ROWS_AT_ONCE

    threads = torch.get_num_threads()
    count = min(threads, MOST) if len(run.grid.rows) <= ROWS_AT_ONCE else 1
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
