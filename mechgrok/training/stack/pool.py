"""Runs that are trained by one single-threaded process for each core."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from mechgrok.errors import UserError
from mechgrok.training.evaluation.scores import Evaluation
from mechgrok.training.loop import Ending, Progress, interruptible

Watch = Callable[[int, Path], Progress]
"""From the number of a process and the folder of the run that it begins to the display of its progress."""
_SECONDS_BETWEEN_LOOKS = 0.1


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Worker:
    """A process that trains runs one after the other. It has a session of its own, so Ctrl-C at a terminal does not reach it twice."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mechgrok.training.stack.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )

    def train(self, run: Path, progress: Progress) -> Ending | str:
        """Trains a run to its end; returns how it ended, or why it was not trained."""
        for told in self._answers(run):
            if "ending" in told:
                return Ending(**told["ending"])
            if "error" in told:
                return str(told["error"])
            _show(progress, **told)
        return f"its process ended with status {self._process.wait()}"

    def _answers(self, run: Path) -> Iterator[dict[str, Any]]:
        """What the process writes of a run; it may have ended before."""
        assert self._process.stdin
        assert self._process.stdout
        with suppress(BrokenPipeError):
            self._process.stdin.write(f"{run}\n")
            self._process.stdin.flush()
        yield from map(json.loads, self._process.stdout)

    def interrupt(self) -> None:
        """Lets the process end after its current step, with the state saved."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)

    def close(self) -> None:
        """Lets the process end after its run."""
        assert self._process.stdin
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()


def _show(progress: Progress, step: int, evaluations: Sequence[dict[str, Any]] | None = None) -> None:
    if evaluations is None:
        progress.at(step)
    else:
        progress.recorded(step, [Evaluation(**each) for each in evaluations])


def resume(runs: Sequence[Path], watch: Watch, processes: int | None = None) -> dict[Path, Ending]:
    """Train runs to their ends, several at a time, each on one thread. Ctrl-C and SIGTERM end all after a step, with states saved.

    Raises UserError, once the others have ended, if a run could not be trained, or its loss was not finite.
    """
    workers = [Worker(number) for number in range(min(processes or cores(), len(runs)))]
    free: SimpleQueue[Worker] = SimpleQueue()
    for each in workers:
        free.put(each)

    def train(run: Path) -> Ending | str:
        worker = free.get()
        try:
            return worker.train(run, watch(worker.number, run))
        finally:
            free.put(worker)

    with interruptible() as interrupted, ThreadPoolExecutor(len(workers)) as threads:
        futures = {run: threads.submit(train, run) for run in runs}
        while not interrupted() and wait(futures.values(), _SECONDS_BETWEEN_LOOKS).not_done:
            pass
        if interrupted():
            threads.shutdown(wait=False, cancel_futures=True)
            for each in workers:
                each.interrupt()
        found = {run: future.result() for run, future in futures.items() if not future.cancelled()}
    for each in workers:
        each.close()
    return _endings(found, interrupted())


def _endings(found: dict[Path, Ending | str], interrupted: bool) -> dict[Path, Ending]:
    """How the runs ended. Raises UserError where some were not trained, unless all were interrupted."""
    failed = {run: reason for run, reason in found.items() if isinstance(reason, str)}
    if failed and not interrupted:
        raise UserError("; ".join(f"{run.name}: {reason}" for run, reason in failed.items()))
    return {run: ending for run, ending in found.items() if isinstance(ending, Ending)}
