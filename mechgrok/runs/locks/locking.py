"""The lock of a folder against a second process that writes to it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mechgrok.errors import UserError
from mechgrok.runs.locks import lock_file
from mechgrok.runs.locks.holder import Holder
from mechgrok.runs.locks.lock_file import LOCK, LockFile

ATTEMPTS, PAUSE = 20, 0.02
"""A lock that is held is tried again so often, after so many seconds: `is_locked` of another process holds it for a moment."""
NOTED = 100
"""Attempts after which a process that waits says for whom."""


class LockedError(UserError):
    """Another process writes to the folder."""


@contextmanager
def locked(folder: Path, doing: str = "is being trained", *, waits: bool = False) -> Iterator[None]:
    """Holds the lock of a folder, while this process does to it what `doing` says.

    Raises LockedError with the process that holds it; one that `waits` does so only where it cannot be known when that has ended.
    """
    lock = _waited_for(folder / LOCK, doing) if waits else _tried(folder / LOCK, doing)
    try:
        yield
    finally:
        lock.release()


def is_locked(folder: Path) -> bool:
    """Whether a process holds the lock of a folder now."""
    return lock_file.is_held(folder / LOCK)


def _tried(path: Path, doing: str) -> LockFile:
    for attempt in range(ATTEMPTS + 1):
        if attempt:
            time.sleep(PAUSE)
        if lock := LockFile.taken(path, doing):
            return lock
    raise LockedError(refusal(path))


def _waited_for(path: Path, doing: str) -> LockFile:
    attempt = doubtful = 0
    while (lock := LockFile.taken(path, doing)) is None:
        attempt += 1
        doubtful = doubtful + 1 if _may_be_left(path) else 0
        if doubtful > ATTEMPTS:
            raise LockedError(refusal(path))
        if attempt == NOTED:
            print(f"note: {path.parent} waits for {Holder.read(path) or 'another process'}", file=sys.stderr)
        time.sleep(PAUSE)
    return lock


def refusal(path: Path) -> str:
    """The message of a process that is refused the lock at a path: who holds it, and what to do."""
    holder = Holder.read(path)
    doing = holder.doing if holder else "is in use"
    left = f"; if that has ended, remove {path}" if _may_be_left(path) else ""
    return f"{path.parent} {doing} by {holder or 'another process'}; wait for it, or stop it first{left}"


def _may_be_left(path: Path) -> bool:
    """Whether a lock may be of a process that has ended and does not show it: one without a name, or of another machine, without locks."""
    if lock_file.has_locks(path):
        return False
    holder = Holder.read(path)
    return holder is None or not holder.is_of_this_host
