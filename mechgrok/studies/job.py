"""The training of a cell, or of several as one stack, as a function without arguments that any executor can call in any process."""

from __future__ import annotations

import json
import os
import re
import socket
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mechgrok.errors import UserError, of_file
from mechgrok.runs import store
from mechgrok.runs.locks.locking import LockedError
from mechgrok.studies.cells import Cell
from mechgrok.training.execution import Execution

if TYPE_CHECKING:
    from mechgrok.runs.run import Run
    from mechgrok.training.loop import Progress

Watch = Callable[["Run"], AbstractContextManager["Progress"]]


@dataclass(frozen=True)
class Job:
    """Trains a cell to its end, or several as one stack, from where they are.

    All that comes of it lies in files: the runs, and the reason of a failure in `cell.failed`. So it may be called several times, in any
    process, and its return is not needed: a finished cell stays as it is, and a cell that another process trains is left to it.
    """

    cells: tuple[Cell, ...]
    configs: tuple[str, ...]
    """The config of each run, as JSON."""
    execution: Execution
    watch: Watch
    """Gives the watcher of a run; it must be picklable."""
    origin: str = ""
    """The run whose weights the run starts from, RUN or RUN@STEP; empty for initial weights."""

    @property
    def name(self) -> str:
        """The name of its first cell."""
        return self.cells[0].name

    @property
    def parent(self) -> Path | None:
        """The folder of the run that it starts from."""
        return Path(re.sub(r"@\d+$", "", self.origin)) if self.origin else None

    @property
    def is_left(self) -> bool:
        """Whether a cell is neither finished nor failed, and nothing trains it."""
        return any(cell.state in ("waiting", "interrupted") for cell in self.cells)

    def __call__(self) -> Literal["ended", "interrupted"]:
        """Trains the cells; interrupted by Ctrl-C or SIGTERM, it has saved their states. A failure is written, not raised."""
        for cell in self.cells:
            if cell.state != "running":
                cell.failed.unlink(missing_ok=True)
                take(cell)
        try:
            return "interrupted" if self._train() else "ended"
        except LockedError:
            pass
        except UserError as error:
            self.fail(str(error))
        except OSError as error:
            self.fail(of_file(error, self.name), traceback.format_exc())
        except Exception as error:
            self.fail(f"{type(error).__name__}: {error}", traceback.format_exc())
        return "ended"

    def fail(self, reason: str, details: str = "") -> None:
        """Writes why the cells failed that are not finished: one line, then details."""
        for cell in self.cells:
            if cell.state != "finished":
                store.write(cell.failed, f"{' '.join(reason.split())}\n{details}".encode(), durable=False)

    def _train(self) -> bool:
        """Whether the training was interrupted."""
        from mechgrok.training import launch

        runs = [self._begun(cell, config) for cell, config in zip(self.cells, self.configs, strict=True)]
        with self.watch(runs[0]) as progress:
            return any(ending.interrupted for ending in launch.resume_all(runs, progress).values())

    def _begun(self, cell: Cell, config: str) -> Run:
        """The run of a cell, begun where it is not there. Where another process begins it in the meantime, its refusal is no failure."""
        from mechgrok.runs.run import open_run

        if not cell.path.exists():
            try:
                self._begin(cell, config)
            except UserError:
                if not cell.path.exists():
                    raise
        return open_run(cell.path)

    def _begin(self, cell: Cell, config: str) -> None:
        from mechgrok.config import read
        from mechgrok.training import finetuning, launch
        from mechgrok.training.untrained import STACK, STACKED

        wanted = read(config, cell.name)
        entries: dict[str, int | str] = {STACKED: len(self.cells), STACK: self.name} if len(self.cells) > 1 else {}
        if self.origin:
            finetuning.begin(wanted, finetuning.Origin.of(self.origin), cell.path, self.execution)
        else:
            launch.begin(wanted, cell.path, self.execution, entries=entries)

    def checkpoint(self) -> Any:
        """The job that submitit queues again at a time limit or a preemption: the same one, which goes on from the newest state."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


def take(cell: Cell) -> None:
    """Notes that this process has taken a cell, when, and at which step the cell was."""
    note = {"worker": f"{socket.gethostname()}:{os.getpid()}", "since": time.time(), "step": cell.saved_step or 0}
    store.write(cell.note, json.dumps(note).encode(), durable=False)
