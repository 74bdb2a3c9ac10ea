"""Progress while results of many runs are read."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from mechgrok.studies.comparing.compared import Compared

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE = 2.0
"""Seconds of reading before a bar is shown."""


def reading(runs: Sequence[Compared], what: str) -> Iterator[Compared]:
    """The runs one after the other, with a bar on a terminal once that takes longer than PATIENCE."""
    begin, task = time.monotonic(), None
    with ExitStack() as shown:
        for done, run in enumerate(runs):
            if task is None and time.monotonic() - begin > PATIENCE:
                bar = shown.enter_context(_bar())
                task = bar.add_task(f"reading {what}", total=len(runs))
            if task is not None:
                bar.update(task, completed=done)
            yield run


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import Progress

    return Progress(console=Console(stderr=True), transient=True)
