"""Files that a killed process has left behind."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mechgrok.auditing.finding import Finding
from mechgrok.runs import store
from mechgrok.runs.locks.locking import is_locked
from mechgrok.runs.run import Run

_TEMPORARY = re.compile(r"\..+\.\d+(-\d+)?")
"""The names of files and folders that are renamed once they are complete: with the number of the process, and of the thread."""


def leftovers(run: Run) -> Iterator[Finding]:
    """Temporary files in the run and beside it, and a state that was not put into place; nothing while a process trains the run."""
    if is_locked(run.path):
        return
    for path in sorted(path for path in run.path.rglob(".*") if _TEMPORARY.fullmatch(path.name)):
        yield Finding(str(path.relative_to(run.path)), "a process that was killed left it behind; resume the run, or delete the file")
    for path in sorted(run.path.resolve().parent.glob(f".{_literal(run.name)}.*")):
        if _TEMPORARY.fullmatch(path.name):
            yield Finding(f"../{path.name}", "a process that was killed left this folder behind; delete it")
    if (run.path / store.NEXT_STATE).is_file():
        yield Finding(store.NEXT_STATE, "a stack was killed while it saved; resume it")


def _literal(name: str) -> str:
    """A name as a pattern of files that matches it alone."""
    return re.sub(r"([*?[])", r"[\1]", name)
