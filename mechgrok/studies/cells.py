"""A cell of a sweep: one run, the values that vary, and its state, all read from files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mechgrok.runs import store
from mechgrok.runs.locks.locking import is_locked
from mechgrok.studies.finished import is_finished_copy

State = Literal["waiting", "running", "interrupted", "failed", "finished"]
NOTES = "sweep"
"""The folder beside the runs for all that is about them and not part of any."""
_TAIL = 4096
"""Bytes at the end of a table among which its last line is."""


@dataclass(frozen=True)
class Cell:
    """A trial of a sweep with a seed."""

    trial: str
    """The name of the trial."""
    seed: int
    """The seed of initial weights, split and batches."""
    values: Mapping[str, Any]
    """The values of the config that vary in the sweep, by their path."""
    path: Path
    """The folder of the run."""
    steps: int
    """The last step of its config; a stopping rule may end it sooner."""

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.path.name

    @property
    def state(self) -> State:
        """finished: at its last step or by a stopping rule; interrupted: begun, and nothing trains it now; waiting: without a folder."""
        if self._saved.get("finished") == "1" or is_finished_copy(self.path, self.steps):
            return "finished"
        if self.path.is_dir() and is_locked(self.path):
            return "running"
        if self.failed.is_file():
            return "failed"
        return "interrupted" if self.path.is_dir() else "waiting"

    @property
    def failed(self) -> Path:
        """The file with the reason, in its first line, and the traceback of a cell that failed."""
        return self.path.parent / NOTES / f"{self.name}.failed"

    @property
    def failure(self) -> str:
        """The reason why it failed, in one line; empty for other cells."""
        return self.failed.read_text().partition("\n")[0] if self.failed.is_file() else ""

    @property
    def note(self) -> Path:
        """The file that names the worker that took the cell last: worker, time and step."""
        return self.path.parent / NOTES / f"{self.name}.json"

    @property
    def saved_step(self) -> int | None:
        """The step from which it goes on; None before the first state."""
        return int(self._saved["step"]) if self._saved else None

    @property
    def _saved(self) -> dict[str, str]:
        path = self.path / store.STATE
        return store.read_notes(path) if path.is_file() else {}

    @property
    def step(self) -> int:
        """The last step that was evaluated, 0 before the first."""
        return _last_step(self.path / store.METRICS)


def _last_step(metrics: Path) -> int:
    """The step in the last whole line of a table of metrics."""
    if not metrics.is_file():
        return 0
    with metrics.open("rb") as file:
        file.seek(max(0, metrics.stat().st_size - _TAIL), os.SEEK_SET)
        whole, _, _ = file.read().rpartition(b"\n")
    first = whole.rpartition(b"\n")[2].partition(b",")[0]
    return int(first) if first.isdigit() else 0
