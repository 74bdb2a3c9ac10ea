"""A file that one process holds at a time, also on a file system without locks.

The file is created by the first process, which locks it (flock) and writes into it who it is, and removed at the end. A process that
is killed leaves the file without its lock, so the next process takes it over.

Where the file system has no locks, the process that created the file holds it. A file that a killed process of this machine has left is
recognised by the number and the start of the process, and replaced. Of another machine that cannot be known.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Literal

from mechgrok.runs.locks.holder import Holder
from mechgrok.runs.store import naming

LOCK = ".lock"
"""The name of the file in the folder that is locked."""
Locked = Literal["ours", "another's", "unknown"]


class LockFile:
    """The file, once it is held: `LockFile.taken`."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path, self._descriptor = path, descriptor

    @classmethod
    def taken(cls, path: Path, doing: str) -> LockFile | None:
        """Takes the lock; None where another process holds it. Raises OSError where the file cannot be written."""
        created = _opened(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        try:
            descriptor = _opened(path, os.O_RDWR) if created is None else created
        except PermissionError:
            _remove_left(path)
            return None
        if descriptor is None:
            return None  # it was removed in between; the next attempt creates it
        locked = _lock(descriptor, fcntl.LOCK_EX)
        # A file that was removed, or replaced, while this process opened it, keeps nobody away.
        held = (locked == "ours" or (locked == "unknown" and created is not None)) and _is_at(descriptor, path)
        if held:
            return cls(path, descriptor)._named(doing)
        os.close(descriptor)
        if locked == "unknown":
            _remove_dead(path)
        return None

    def _named(self, doing: str) -> LockFile:
        try:
            with naming(self._path):
                os.ftruncate(self._descriptor, 0)
                os.pwrite(self._descriptor, Holder.here(doing).content, 0)
        except OSError:
            self.release()
            raise
        return self

    def release(self) -> None:
        """Gives the lock back."""
        # First the file, so that a process that opened it sees that it has gone. On a full or lost disk the end of the process suffices.
        with suppress(OSError):
            if _is_at(self._descriptor, self._path):
                self._path.unlink()
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        os.close(self._descriptor)


def is_held(path: Path) -> bool:
    """Whether a process holds the lock now."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        locked = _lock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)
    return locked == "another's" or (locked == "unknown" and not _is_of_dead(path))


def has_locks(path: Path) -> bool:
    """Whether the file system of a file is known to have locks; True where the file is not there, False where it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError as error:
        return not isinstance(error, PermissionError)
    try:
        return _lock(descriptor, fcntl.LOCK_SH) != "unknown"
    finally:
        os.close(descriptor)


def _opened(path: Path, flags: int) -> int | None:
    """A descriptor; None where the file is there and was to be created, or was to be there and is not."""
    expected = FileExistsError if flags & os.O_CREAT else FileNotFoundError
    try:
        return os.open(path, flags, 0o666)
    except expected:
        return None


def _lock(descriptor: int, kind: int) -> Locked:
    """Tries the lock of an open file: "unknown" on a file system without locks."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return "another's"
    except OSError:
        return "unknown"
    return "ours"


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether an open file is the one at a path."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _is_of_dead(path: Path) -> bool:
    holder = Holder.read(path)
    return holder is not None and holder.has_ended


def _remove_left(path: Path) -> None:
    """Removes the file of another user, which this process can read at most, where no process holds it."""
    try:
        descriptor = _opened(path, os.O_RDONLY)
    except PermissionError:
        return
    if descriptor is None:
        return
    try:
        locked = _lock(descriptor, fcntl.LOCK_EX)
        if locked == "ours" and _is_at(descriptor, path):
            path.unlink()
    finally:
        os.close(descriptor)
    if locked == "unknown":
        _remove_dead(path)


def _remove_dead(path: Path) -> None:
    """Removes the file of a process that has ended. It is renamed first, and put back where another process took it over meanwhile."""
    if not _is_of_dead(path):
        return
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    with suppress(FileNotFoundError):
        path.rename(aside)
        if not _is_of_dead(aside):
            _put_back(aside, path)
        aside.unlink(missing_ok=True)


def _put_back(aside: Path, path: Path) -> None:
    """Puts a file back, unless another process has created one there."""
    try:
        os.link(aside, path)
    except FileExistsError:
        pass
    except OSError:  # FAT, SMB and some FUSE file systems have no links
        if not path.exists():
            aside.rename(path)
