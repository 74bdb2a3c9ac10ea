"""A process that calls functions one after the other.

It reads pickled calls from its input, and writes pickled pairs: `message` with what a call reports meanwhile, `value` with what it
returned, or `error` with what it raised. It ends with its parent; a call that runs then receives SIGTERM, upon
which training saves its state.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import traceback
from queue import SimpleQueue
from typing import Any, BinaryIO

from mechgrok.errors import UserError

_answers: list[BinaryIO] = []
"""Where answers are written; empty outside of such a process."""


def main() -> None:
    """Calls what is read from the input, to its end."""
    _answers.append(_output())
    calls: SimpleQueue[bytes | None] = SimpleQueue()
    busy = threading.Event()
    threading.Thread(target=_read, args=(calls, busy), daemon=True).start()
    while (call := calls.get()) is not None:
        found = _result(call)
        busy.clear()
        _answer(*found)


def report(content: Any) -> None:
    """Sends a message of the current call to the process that asked for it."""
    _answer("message", content)


def _output() -> BinaryIO:
    """The output for answers. What a call prints is written to the standard error instead."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def _read(calls: SimpleQueue[bytes | None], busy: threading.Event) -> None:
    """Reads calls until the input ends; the parent closes it after its last call, or has been killed."""
    try:
        while True:
            call = pickle.load(sys.stdin.buffer)
            busy.set()
            calls.put(call)
    except (EOFError, OSError, pickle.UnpicklingError):
        calls.put(None)
    if busy.is_set():
        os.kill(os.getpid(), signal.SIGTERM)


def _result(call: bytes) -> tuple[str, Any]:
    try:
        return "value", pickle.loads(call)()
    except UserError as error:
        return "error", error
    except Exception:
        # Not every exception can be pickled.
        return "error", RuntimeError(traceback.format_exc())


def _answer(kind: str, content: Any) -> None:
    for answers in _answers:
        answers.write(pickle.dumps((kind, content)))
        answers.flush()
