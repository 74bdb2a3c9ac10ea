"""The lock of a folder of files that belong together, such as a page and its summary."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from mechgrok.runs.locks.locking import locked
from mechgrok.runs.store import naming


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Makes a folder and waits for its lock, so that its files are of one process; a folder that was made and stays empty is removed.

    Raises OSError where the folder cannot be written.
    """
    with ExitStack() as after:
        if not folder.exists():
            after.callback(_remove_empty, folder)
        with naming(folder):
            folder.mkdir(parents=True, exist_ok=True)
            after.enter_context(locked(folder, "is being written", waits=True))
        yield


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()
