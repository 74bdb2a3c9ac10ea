"""A progress bar over the checkpoints of a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mechgrok.engine.progress import Tick


@contextmanager
def checkpoint_bar(name: str) -> Iterator[Tick]:
    """Shows a progress bar over the checkpoints on a terminal, else nothing."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(None), MofNCompleteColumn(), TextColumn("checkpoints"), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task(escape(name), total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)
