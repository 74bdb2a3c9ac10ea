"""Feeds inputs to a parser and collects each way in which it fails other than by a UserError of one bounded line."""

from __future__ import annotations

import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from mechgrok.errors import UserError

LONGEST = 1000
"""Characters of a message that a terminal can show."""
SECONDS = 20.0
"""Time in which any input of a few kilobytes has to be read or refused."""


class TooSlowError(Exception):
    """An input took longer than `SECONDS`."""


@dataclass
class Findings:
    """What was fed, what was refused, and the first input of each kind of failure."""

    inputs: int = 0
    refused: int = 0
    slowest: float = 0.0
    failures: dict[str, Any] = field(default_factory=dict)
    """The first input by the kind of failure: exception and place, or what is wrong with a message."""

    def __str__(self) -> str:
        kinds = "".join(f"\n    {kind}\n        first by {ascii(each)[:600]}" for kind, each in self.failures.items())
        return f"{self.inputs} inputs, {self.refused} refused, slowest {self.slowest:.2f} s, {len(self.failures)} kinds of failure{kinds}"


def feed(read: Callable[[Any], object], inputs: Iterator[Any], seconds: float = SECONDS) -> Findings:
    """Reads each input."""
    found = Findings()
    for each in inputs:
        start = time.monotonic()
        failure = _failure(read, each, seconds, found)
        found.inputs += 1
        found.slowest = max(found.slowest, time.monotonic() - start)
        if failure:
            found.failures.setdefault(failure, each)
    return found


def _failure(read: Callable[[Any], object], each: Any, seconds: float, found: Findings) -> str:
    try:
        with _within(seconds):
            read(each)
    except UserError as error:
        found.refused += 1
        return wrong_message(str(error))
    except Exception as error:
        return f"{type(error).__name__} at {_place(error)}: {ascii(str(error))[:120]}"
    return ""


def wrong_message(message: str) -> str:
    """What is wrong with the form of a message; empty where nothing is."""
    if not all(letter.isprintable() for letter in message):
        return f"characters that are not printable: {ascii(message)[:160]}"
    return f"a message of {len(message)} characters: {message[:100]}" if len(message) > LONGEST else ""


def _place(error: BaseException) -> str:
    """The last line of mechgrok that the error came through."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/mechgrok/" in frame.filename]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "the test itself"


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise TooSlowError(f"over {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
