"""A lock on the folder of a run, against a second process that writes to it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mechgrok.errors import UserError

ATTEMPTS, PAUSE = 20, 0.02
"""A lock that is held is tried again so often, after so many seconds: `is_locked` of another process holds it for a moment."""


class LockedError(UserError):
    """Another process trains the run."""


@contextmanager
def locked(run: Path) -> Iterator[None]:
    """Holds the lock. The operating system releases it when the process ends. Raises LockedError where another process holds it."""
    descriptor = os.open(run, os.O_RDONLY)
    try:
        if not any(_taken(descriptor, fcntl.LOCK_EX, pause) for pause in [0.0, *[PAUSE] * ATTEMPTS]):
            raise LockedError(f"{run} is being trained by another process; wait for it, or stop it first")
        yield
    finally:
        os.close(descriptor)


def is_locked(run: Path) -> bool:
    """Whether a process trains the run now."""
    descriptor = os.open(run, os.O_RDONLY)
    try:
        return not _taken(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _taken(descriptor: int, kind: int, pause: float = 0.0) -> bool:
    """Whether the lock was free after a pause, and is now held."""
    time.sleep(pause)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
