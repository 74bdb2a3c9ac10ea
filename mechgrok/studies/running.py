"""Hands jobs to an executor until every cell is finished or has failed; cells whose worker was killed are handed out again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Future
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from mechgrok.studies.job import Job

TRIES = 3
"""A cell fails after so many workers in a row that ended without a step."""
PAUSE = 0.1
"""Seconds between two looks at the futures."""
Opened = Callable[[], AbstractContextManager[Any]]
"""Gives an executor with the interface of `concurrent.futures.Executor`, open within a block."""


@dataclass(frozen=True)
class Mark:
    """How far the cells of a job are, and who took them last."""

    steps: tuple[int | None, ...]
    notes: tuple[bytes, ...]

    @classmethod
    def of(cls, job: Job) -> Mark:
        """As of now."""
        notes = (cell.note for cell in job.cells)
        return cls(tuple(cell.saved_step for cell in job.cells), tuple(note.read_bytes() if note.is_file() else b"" for note in notes))


def run(jobs: Sequence[Job], opened: Opened, tick: Callable[[], None]) -> None:
    """Runs jobs in rounds. In the next round are those whose worker was killed, and those that start from a run of this one.

    `tick` is called every now and then.
    """
    waiting, tries = list(jobs), Counter[str]()
    while waiting:
        ready, later = _ready(waiting)
        before = {job.name: Mark.of(job) for job in ready}
        with opened() as executor:
            raised = _round(ready, executor, tick)
        left = [job for job in ready if job.is_left]
        _count(left, before, raised, tries)
        left = [job for job in left if tries[job.name] < TRIES]
        waiting = left + [job for job in later if _may_follow(job, ready, left)]


def _ready(jobs: Sequence[Job]) -> tuple[list[Job], list[Job]]:
    """The jobs that start from none of the others, and the rest."""
    paths = {cell.path for job in jobs for cell in job.cells}
    return [job for job in jobs if job.parent not in paths], [job for job in jobs if job.parent in paths]


def _may_follow(job: Job, ended: Sequence[Job], left: Sequence[Job]) -> bool:
    """Whether the run that a job starts from is finished or may still be; otherwise the job fails."""
    parents = {cell.path: cell for other in ended if other not in left for cell in other.cells}
    parent = parents.get(job.parent) if job.parent else None
    if parent is None or parent.state == "finished":
        return True
    job.fail(f"it starts from {parent.name}, which is {parent.state}")
    return False


def _count(left: Sequence[Job], before: Mapping[str, Mark], raised: Mapping[str, BaseException], tries: Counter[str]) -> None:
    """Counts the workers that ended without a step of their job. A pool that breaks also ends jobs that no worker had taken."""
    now = {job.name: Mark.of(job) for job in left}
    taken = {name for name, mark in now.items() if mark.notes != before[name].notes}
    for job in left:
        name = job.name
        lost = name in taken or not taken or not isinstance(raised.get(name), BrokenExecutor)
        tries[name] = 0 if now[name].steps != before[name].steps else tries[name] + lost
        if tries[name] == TRIES:
            details = str(raised.get(name, ""))
            reason = ": ".join(filter(None, [f"its worker ended {TRIES} times without a step", details.partition("\n")[0]]))
            job.fail(reason, details)


def _round(jobs: Sequence[Job], executor: Any, tick: Callable[[], None]) -> dict[str, BaseException]:
    """Submits jobs and waits for all of them; gives by job what its future raised."""
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
    """The futures by job; submitit collects those of a block in one array. An executor that breaks meanwhile gets no more of them."""
    futures: dict[str, Any] = {}
    with getattr(executor, "batch", nullcontext)():
        for job in jobs:
            try:
                futures[job.name] = executor.submit(job)
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
