"""Processes of this machine, one a core."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from mechgrok.studies.executors import Resources


def require(resources: Resources) -> None:
    """Processes can be had everywhere."""


@contextmanager
def opened(resources: Resources) -> Iterator[ProcessPoolExecutor]:
    """A pool of processes. After an exception in the block they are asked to end, and save the states of their runs first."""
    before = set(multiprocessing.active_children())
    # Processes are spawned: a fork of a process with threads of torch may hang.
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(resources.workers or cores(), mp_context=context, initializer=_leave_ctrl_c_to_the_parent)
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        mine = set(multiprocessing.active_children()) - before
        for process in mine:
            process.terminate()
        for process in mine:
            process.join()
        raise
    executor.shutdown()


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _leave_ctrl_c_to_the_parent() -> None:
    """A terminal sends Ctrl-C to all processes; the parent ends its workers itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
