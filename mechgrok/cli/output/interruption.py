"""What Ctrl-C leaves behind: a KeyboardInterrupt with a text carries it to the command line, which prints it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mechgrok.engine.progress import Tick
    from mechgrok.runs.run import Run


@contextmanager
def interruptible(kept: Callable[[], str]) -> Iterator[None]:
    """A KeyboardInterrupt from the block gets the text of what is kept, unless it has one. No text means that nothing was written."""
    try:
        yield
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt(str(stop) or kept()) from None


@contextmanager
def keeping_results(run: Run) -> Iterator[Tick]:
    """For a block that stores results of a run; it gives a function to call after each checkpoint, with how many of how many are done."""
    folder, finished = run.beside / "results", ""
    before = _versions(folder)

    def tick(done: int, total: int) -> None:
        nonlocal finished
        finished = f"{done} of {total} checkpoints were finished; "

    def kept() -> str:
        return f"{finished}the results computed so far are kept in {folder}" if _versions(folder) - before else ""

    with interruptible(kept):
        yield tick


def _versions(folder: Path) -> set[tuple[Path, int]]:
    """The files of a folder with their times of modification."""
    return {(path, path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}
