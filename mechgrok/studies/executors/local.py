"""Processes of this machine, one a core."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import connection
from typing import Any

from mechgrok.studies.executors import Resources


def require(resources: Resources) -> None:
    """Processes can be had everywhere."""


@contextmanager
def opened(resources: Resources) -> Iterator[Processes]:
    """A pool of processes. After an exception in the block they are asked to end, and save the states of their runs first."""
    before = set(multiprocessing.active_children())
    # Processes are spawned: a fork of a process with threads of torch may hang.
    context = multiprocessing.get_context("spawn")
    executor = Processes(resources.workers or cores(), mp_context=context, initializer=_follow_the_parent)
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


class Processes(ProcessPoolExecutor):
    """A pool whose process ends once its job was interrupted, instead of beginning the next one."""

    def submit(self, call: Callable[..., Any], /, *values: Any, **named: Any) -> Future[Any]:
        """Submits a job."""
        return super().submit(_call, call, *values, **named)


def _call(call: Callable[..., Any], /, *values: Any, **named: Any) -> Any:
    found = call(*values, **named)
    if found == "interrupted":
        os._exit(1)
    return found


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _follow_the_parent() -> None:
    """A terminal sends Ctrl-C to all processes, but the parent ends its workers itself; a worker also ends after a kill of the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
