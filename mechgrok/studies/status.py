"""The state of a sweep in lines: one for the whole, one for each worker, one for each failure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from mechgrok.runs import store
from mechgrok.studies.cells import Cell
from mechgrok.studies.sweep import Sweep


@dataclass(frozen=True)
class Speed:
    """How fast a cell is or was trained, from the note of its worker and its metrics."""

    worker: str
    seconds_a_step: float | None
    """None before the first evaluation."""

    @classmethod
    def of(cls, cell: Cell, step: int) -> Speed | None:
        """None for a cell that no worker of a sweep has begun."""
        note, metrics = _note(cell), cell.path / store.METRICS
        if note is None or not metrics.is_file():
            return None
        done, taken = step - note["step"], metrics.stat().st_mtime - note["since"]
        return cls(note["worker"], taken / done if done > 0 and taken > 0 else None)


def _note(cell: Cell) -> Any:
    return json.loads(cell.note.read_bytes()) if cell.note.is_file() else None


def lines(sweep: Sweep) -> list[str]:
    """The state of a sweep now."""
    states = {cell.name: cell.state for cell in sweep.cells}
    steps = {cell.name: cell.step for cell in sweep.cells if states[cell.name] != "waiting"}
    speeds = {cell.name: Speed.of(cell, steps[cell.name]) for cell in sweep.cells if cell.name in steps}
    rates = [speed.seconds_a_step for speed in speeds.values() if speed and speed.seconds_a_step]
    running = [cell for cell in sweep.cells if states[cell.name] == "running"]
    left = sum(cell.steps - steps.get(cell.name, 0) for cell in sweep.cells if states[cell.name] in ("waiting", "running", "interrupted"))
    eta = f"; about {duration(left * median(rates) / len(running))} to go" if running and rates else ""
    shown = [_running(cell, steps[cell.name], speeds[cell.name]) for cell in running]
    return [f"{counts(list(states.values()))}{eta}", *shown, *failures(sweep.cells)]


def counts(states: Sequence[str]) -> str:
    """`3 of 18 cells are finished, 2 running, 13 waiting`."""
    others = [f"{states.count(state)} {state}" for state in ("running", "interrupted", "waiting", "failed") if state in states]
    return ", ".join([f"{states.count('finished')} of {len(states)} cells are finished", *others])


def _running(cell: Cell, step: int, speed: Speed | None) -> str:
    parts = [f"  {speed.worker if speed else 'another process'}", cell.name, f"step {step}/{cell.steps}"]
    if speed and speed.seconds_a_step:
        parts += [f"{1 / speed.seconds_a_step:.1f} steps/s", f"{duration((cell.steps - step) * speed.seconds_a_step)} to go"]
    return "  ".join(parts)


def failures(cells: Sequence[Cell]) -> list[str]:
    """A line for each failed cell, with the reason."""
    return [f"  failed  {cell.name}: {cell.failure}" for cell in cells if cell.state == "failed"]


def duration(seconds: float) -> str:
    """A time in words: 40 s, 12 min, 3.5 h."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
