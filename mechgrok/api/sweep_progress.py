"""Progress of a sweep: live lines on a terminal, a line now and then in a log, or nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.text import Text

from mechgrok.api.progress import SECONDS_BETWEEN_LINES, Log
from mechgrok.studies import status
from mechgrok.studies.sweep import Sweep

SECONDS_BETWEEN_FRAMES = 1.0


@contextmanager
def watching_sweep(sweep: Sweep, log: Log) -> Iterator[Callable[[], None]]:
    """A function to call every now and then while the sweep runs."""
    console = Console(stderr=True)
    mode = ("live" if console.is_terminal else "lines") if log == "auto" else log
    if mode != "live":
        yield (
            _seldom(lambda: print(status.lines(sweep)[0], file=sys.stderr, flush=True), SECONDS_BETWEEN_LINES)
            if mode == "lines"
            else _nothing
        )
        return
    with Live(console=console, auto_refresh=False, transient=True) as shown:
        yield _seldom(lambda: shown.update(Text("\n".join(status.lines(sweep))), refresh=True), SECONDS_BETWEEN_FRAMES)


def _nothing() -> None:
    """Prints nothing."""


def _seldom(call: Callable[[], object], seconds: float) -> Callable[[], None]:
    """The call, at most once in so many seconds, and not at once."""
    following = time.monotonic() + seconds

    def tick() -> None:
        nonlocal following
        if time.monotonic() >= following:
            call()
            following = time.monotonic() + seconds

    return tick
