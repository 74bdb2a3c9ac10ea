"""Atomic creation of run folders."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mechgrok.errors import UserError, unwritten
from mechgrok.runs import store


def refuse_existing(out: Path) -> None:
    """Raises UserError where `out` is not empty, or cannot be created."""
    if not out.name:
        raise UserError(f"{out} cannot be a new run's folder; give it a name of its own")
    try:
        taken = out.exists() and (not out.is_dir() or any(out.iterdir()))
    except OSError as error:
        raise UserError(unwritten(error, out)) from None
    if taken:
        resumable = f", or go on with: mechgrok train --resume {out}" if (out / store.STATE).is_file() else ""
        raise UserError(f"{out} exists already and is never overwritten; choose another --out{resumable}")


def create(out: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Writes a folder with these files under a temporary name and renames it. Raises UserError where `out` is not empty or not writable."""
    refuse_existing(out)
    aside = out.with_name(f".{out.name}.{os.getpid()}-{store.host_number()}")
    try:
        with _held(aside, out):
            for name, content in files:
                store.write(aside / name, content)
            aside.replace(out)
    except OSError as error:
        refuse_existing(out)  # another process has made it meanwhile
        raise UserError(unwritten(error, out)) from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def _held(aside: Path, out: Path) -> Iterator[None]:
    """Makes a temporary folder and holds its lock, by which others see that it is not abandoned; removes those that are."""
    with suppress(FileExistsError):  # a file is in its place, which the next line says in better words
        aside.parent.mkdir(parents=True, exist_ok=True)
    store.remove_abandoned(out)  # also one of a killed process that had the number of this one
    aside.mkdir()
    descriptor = os.open(aside, os.O_RDONLY)
    try:
        store.is_taken(descriptor)
        yield
    finally:
        os.close(descriptor)
