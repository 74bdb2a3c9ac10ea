"""The training of one cell, as a function without arguments that any executor can call in any process."""

from __future__ import annotations

import json
import os
import socket
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mechgrok.errors import UserError
from mechgrok.runs import store
from mechgrok.runs.locking import LockedError
from mechgrok.studies.cells import Cell
from mechgrok.training.execution import Execution

if TYPE_CHECKING:
    from mechgrok.runs.run import Run
    from mechgrok.training.loop import Ending, Progress

Watch = Callable[["Run"], AbstractContextManager["Progress"]]


@dataclass(frozen=True)
class Job:
    """Trains a cell to its end, from where it is.

    All that comes of it lies in files: the run, and the reason of a failure in `cell.failed`. So it does not matter how often it is called,
    where, or whether anybody hears of its return: a finished cell stays as it is, and a cell that another process trains is left to it.
    """

    cell: Cell
    config: str
    """The config of the run, as JSON."""
    execution: Execution
    watch: Watch
    """Gives the watcher of a run; it must be picklable."""

    def __call__(self) -> Literal["ended", "interrupted"]:
        """Trains the cell; interrupted by Ctrl-C or SIGTERM, it has saved its state. A failure is written, not raised."""
        self.cell.failed.unlink(missing_ok=True)
        take(self.cell)
        try:
            return "interrupted" if self._train().interrupted else "ended"
        except LockedError:
            pass
        except UserError as error:
            fail(self.cell, str(error))
        except Exception as error:
            fail(self.cell, f"{type(error).__name__}: {error}", traceback.format_exc())
        return "ended"

    def _train(self) -> Ending:
        from mechgrok.config import read
        from mechgrok.runs.run import open_run
        from mechgrok.training import launch

        path = self.cell.path
        if not path.exists():
            _begin_once(lambda: launch.begin(read(self.config, self.cell.name), path, self.execution), path.exists)
        run = open_run(path)
        with self.watch(run) as progress:
            return launch.resume(run, progress)

    def checkpoint(self) -> Any:
        """The job that submitit queues again at a time limit or a preemption: the same one, which goes on from the newest state."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


def _begin_once(begin: Callable[[], object], begun: Callable[[], bool]) -> None:
    """Begins a run; where another process has begun it in the meantime, its refusal is no failure."""
    try:
        begin()
    except UserError:
        if not begun():
            raise


def fail(cell: Cell, reason: str, details: str = "") -> None:
    """Writes why a cell failed: one line, then details."""
    store.write(cell.failed, f"{' '.join(reason.split())}\n{details}".encode(), durable=False)


def take(cell: Cell) -> None:
    """Notes that this process has taken a cell, when, and at which step the cell was."""
    note = {"worker": f"{socket.gethostname()}:{os.getpid()}", "since": time.time(), "step": cell.saved_step or 0}
    store.write(cell.note, json.dumps(note).encode(), durable=False)
