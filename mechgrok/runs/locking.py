"""A lock on the folder of a run, against a second process that writes to it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mechgrok.errors import UserError


@contextmanager
def locked(run: Path) -> Iterator[None]:
    """Holds the lock. The operating system releases it when the process ends. Raises UserError where another process holds it."""
    descriptor = os.open(run, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise UserError(f"{run} is being trained by another process; wait for it, or stop it first") from None
    finally:
        os.close(descriptor)
