"""Faults where a process writes: it is killed or interrupted there, or the operation fails, a write after half of its bytes.

A process that calls `install` counts writes, flushes, renames, new folders, and openings for writing below a folder; the fault is at one.
"""

from __future__ import annotations

import errno
import io
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

ERRORS = {"full": errno.ENOSPC, "broken": errno.EIO, "forbidden": errno.EACCES}
"""Faults that are errors of the system. After the first one a full disk stays full."""
INTERRUPTS = {"Ctrl-C": 1, "Ctrl-C twice": 2}
"""Faults that are signals, and how many; the operation itself goes on."""
KINDS = ("kill", *INTERRUPTS, *ERRORS)


class Fault:
    """A kind of fault at the operation of a number; with `kind` "none" operations are counted alone."""

    def __init__(self, folder: Path, kind: str, at: int, count: Path | None = None) -> None:
        self.folder, self.kind, self.at, self.count = str(folder.resolve()), kind, at, count
        self.operations = 0

    def concerns(self, path: Any) -> bool:
        """Whether an operation on a path is counted."""
        return isinstance(path, str | os.PathLike) and os.path.abspath(os.fspath(path)).startswith(self.folder)

    def occurs(self) -> bool:
        """Counts an operation; whether the fault is at it."""
        self.operations += 1
        if self.count is not None:
            os.write(self._descriptor(), b".")
        return self.operations == self.at or (self.kind == "full" and 0 < self.at < self.operations)

    def _descriptor(self) -> int:
        assert self.count is not None
        return os.open(self.count, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def strike(self) -> None:
        """The process ends or is interrupted, or the operation fails."""
        if self.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        for _ in range(INTERRUPTS.get(self.kind, 0)):
            os.kill(os.getpid(), signal.SIGINT)
        if self.kind in ERRORS:
            raise OSError(ERRORS[self.kind], os.strerror(ERRORS[self.kind]))

    @property
    def halves(self) -> bool:
        """Whether a write ends after half of its bytes."""
        return self.kind not in INTERRUPTS

    def before(self, call: Callable[..., Any], path_of: Callable[..., Any]) -> Callable[..., Any]:
        """The call, with the fault in its place."""

        def with_fault(*given: Any, **named: Any) -> Any:
            if self.concerns(path_of(*given)) and self.occurs():
                self.strike()
            return call(*given, **named)

        return with_fault


class Written:
    """A file that is open for writing: its writes are operations, and where the fault strikes, half of the bytes are written."""

    def __init__(self, file: Any, fault: Fault) -> None:
        self._file, self._fault = file, fault

    def write(self, content: Any) -> Any:
        if self._fault.occurs():
            if self._fault.halves:
                self._file.write(content[: len(content) // 2])
                self._file.flush()
            self._fault.strike()
        return self._file.write(content)

    def __enter__(self) -> Written:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def install(fault: Fault) -> None:
    """Puts the fault into this process."""
    opened, path_of_descriptor = io.open, lambda number: os.readlink(f"/proc/self/fd/{number}")

    def open_with_fault(path: Any, mode: str = "r", *given: Any, **named: Any) -> Any:
        if not set(mode) & set("wax+") or not fault.concerns(path):
            return opened(path, mode, *given, **named)
        if fault.occurs():
            fault.strike()
        return Written(opened(path, mode, *given, **named), fault)

    io.open = open_with_fault  # type: ignore[assignment]
    os.fsync = fault.before(os.fsync, path_of_descriptor)
    os.replace = fault.before(os.replace, lambda source, target: target)
    os.rename = fault.before(os.rename, lambda source, target: target)
    os.mkdir = fault.before(os.mkdir, lambda path, *_: path)
