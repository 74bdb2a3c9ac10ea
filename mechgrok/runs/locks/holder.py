"""The process that holds a lock, as its file names it."""

from __future__ import annotations

import json
import os
import shlex
import socket
import sys
import time
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from mechgrok.runs.locks.process_start import process_start

_LONGEST = 200
"""Characters of a command that are kept."""


@dataclass(frozen=True)
class Holder:
    """A process, what it does, and since when."""

    doing: str
    """In words that follow the name of the folder: "is being trained"."""
    pid: int
    host: str
    started: str
    """When the process started, by `process_start`."""
    command: str
    since: str

    @classmethod
    def here(cls, doing: str) -> Holder:
        """This process, now."""
        return cls(doing, os.getpid(), socket.gethostname(), process_start(os.getpid()), _command(), time.strftime("%Y-%m-%d %H:%M:%S"))

    @classmethod
    def read(cls, path: Path) -> Holder | None:
        """The process that a file names; None where the file is missing, not yet written, or names none."""
        try:
            found = json.loads(path.read_bytes())
            return cls(found.pop("doing"), int(found.pop("pid")), **{name: str(text) for name, text in found.items()})
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None

    @property
    def content(self) -> bytes:
        """The content of its file."""
        return json.dumps(asdict(self), indent=1).encode()

    @property
    def is_of_this_host(self) -> bool:
        """Whether the process is one of this machine."""
        return self.host == socket.gethostname()

    @property
    def has_ended(self) -> bool:
        """Whether the process is known to have ended: it was one of this machine, and no process with its number started when it did."""
        return self.is_of_this_host and process_start(self.pid) != self.started

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} ({self.command}), since {self.since}"


@cache
def _command() -> str:
    """The command of this process in a line, cut where it is long."""
    words = [os.path.basename(sys.argv[0] or "python"), *sys.argv[1:]]
    line = shlex.join(words)
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} ..."
