"""Kills the worker of a sweep in the middle of a cell."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mechgrok.errors import UserError
from mechgrok.studies.cells import Cell
from mechgrok.studies.sweep import read_sweep


@contextmanager
def killing(out: Path, step: int) -> Iterator[list[str]]:
    """Kills the process that trains the first cell that is seen past a step and not at its end; gives the list with its name."""
    killed: list[str] = []
    ended = threading.Event()
    thread = threading.Thread(target=_kill_one, args=(out, step, killed, ended), daemon=True)
    thread.start()
    try:
        yield killed
    finally:
        ended.set()
        thread.join()


def _kill_one(out: Path, step: int, killed: list[str], ended: threading.Event) -> None:
    while not ended.is_set() and not killed:
        time.sleep(0.005)
        for cell in _cells(out):
            if step <= cell.step < cell.steps and cell.state == "running":
                os.kill(int(json.loads(cell.note.read_bytes())["worker"].rpartition(":")[2]), signal.SIGKILL)
                killed.append(cell.name)
                return


def _cells(out: Path) -> tuple[Cell, ...]:
    try:
        return read_sweep(out).cells
    except UserError:
        return ()
