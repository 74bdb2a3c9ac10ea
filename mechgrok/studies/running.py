"""Hands jobs to an executor until every cell is finished or has failed; cells whose worker was killed are handed out again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Future
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from mechgrok.studies.cells import Cell
from mechgrok.studies.job import Job, fail

TRIES = 3
"""A cell fails after so many workers in a row that ended without a step."""
PAUSE = 0.1
"""Seconds between two looks at the futures."""
Opened = Callable[[], AbstractContextManager[Any]]
"""Gives an executor with the interface of `concurrent.futures.Executor`, open within a block."""


@dataclass(frozen=True)
class Mark:
    """How far a cell is, and who took it last."""

    step: int | None
    note: bytes

    @classmethod
    def of(cls, cell: Cell) -> Mark:
        """As of now."""
        return cls(cell.saved_step, cell.note.read_bytes() if cell.note.is_file() else b"")


def run(jobs: Sequence[Job], opened: Opened, tick: Callable[[], None]) -> None:
    """Runs jobs in rounds: those whose worker was killed are in the next round. `tick` is called every now and then."""
    waiting, tries = list(jobs), Counter[str]()
    while waiting:
        before = {job.cell.name: Mark.of(job.cell) for job in waiting}
        with opened() as executor:
            raised = _round(waiting, executor, tick)
        waiting = [job for job in waiting if job.cell.state in ("waiting", "interrupted")]
        _count(waiting, before, raised, tries)
        waiting = [job for job in waiting if tries[job.cell.name] < TRIES]


def _count(left: Sequence[Job], before: Mapping[str, Mark], raised: Mapping[str, BaseException], tries: Counter[str]) -> None:
    """Counts the workers that ended without a step of their cell. A pool that breaks also ends cells that no worker had taken."""
    now = {job.cell.name: Mark.of(job.cell) for job in left}
    taken = {name for name, mark in now.items() if mark.note != before[name].note}
    for job in left:
        name = job.cell.name
        lost = name in taken or not taken or not isinstance(raised.get(name), BrokenExecutor)
        tries[name] = 0 if now[name].step != before[name].step else tries[name] + lost
        if tries[name] == TRIES:
            details = str(raised.get(name, ""))
            reason = ": ".join(filter(None, [f"its worker ended {TRIES} times without a step", details.partition("\n")[0]]))
            fail(job.cell, reason, details)


def _round(jobs: Sequence[Job], executor: Any, tick: Callable[[], None]) -> dict[str, BaseException]:
    """Submits jobs and waits for all of them; gives by cell what its future raised."""
    futures = _submitted(jobs, executor)
    try:
        while not all(future.done() for future in futures.values()):
            tick()
            time.sleep(PAUSE)
    except BaseException:
        # Jobs of a cluster go on: they need nobody who waits for them.
        for future in futures.values():
            if isinstance(future, Future):
                future.cancel()
        raise
    tick()
    return {name: error for name, future in futures.items() if (error := _raised(future))}


def _submitted(jobs: Sequence[Job], executor: Any) -> dict[str, Any]:
    """The futures by cell; submitit collects those of a block in one array. An executor that breaks meanwhile gets no more of them."""
    futures: dict[str, Any] = {}
    with getattr(executor, "batch", nullcontext)():
        for job in jobs:
            try:
                futures[job.cell.name] = executor.submit(job)
            except BrokenExecutor:
                break
    return futures


def _raised(future: Any) -> BaseException | None:
    """What a future raised."""
    try:
        future.result()
    except Exception as error:
        return error
    return None
