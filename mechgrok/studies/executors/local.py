"""Processes of this machine, one a core."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mechgrok.processes.pool import Processes
from mechgrok.studies.executors import Resources


def require(resources: Resources) -> None:
    """Processes can be had everywhere."""


@contextmanager
def opened(resources: Resources) -> Iterator[Processes]:
    """A pool of processes. After an exception in the block they save the states of their runs and end."""
    with Processes(resources.workers) as executor:
        try:
            yield executor
        except BaseException:
            executor.interrupt()
            raise
