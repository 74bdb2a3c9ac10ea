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

Watch = Callable[[int, str], Progress]
"""From the number of a process and the name of what it begins to train to the display of its progress."""
Endings = dict[Path, Ending]
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

    def train(self, runs: Sequence[Path], progress: Progress) -> Endings | str:
        """Trains a run, or several as a stack, to their ends; returns how they ended, or why they were not trained."""
        for told in self._answers(runs):
            if "endings" in told:
                return {Path(path): Ending(**ending) for path, ending in told["endings"].items()}
            if "error" in told:
                return str(told["error"])
            _show(progress, **told)
        return f"its process ended with status {self._process.wait()}"

    def _answers(self, runs: Sequence[Path]) -> Iterator[dict[str, Any]]:
        """What the process writes of these runs; it may have ended before."""
        assert self._process.stdin
        assert self._process.stdout
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps([str(run) for run in runs]) + "\n")
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


def resume(jobs: Sequence[Sequence[Path]], watch: Watch, processes: int | None = None) -> Endings:
    """Train runs to their ends, those of a job as a stack, several jobs at a time, each on one thread.

    Ctrl-C and SIGTERM end all after a step, with states saved. Raises UserError, once the others have ended, if a run could not be
    trained, or its loss was not finite.
    """
    workers = [Worker(number) for number in range(min(processes or cores(), len(jobs)))]
    free: SimpleQueue[Worker] = SimpleQueue()
    for each in workers:
        free.put(each)

    def train(runs: Sequence[Path]) -> Endings | str:
        worker = free.get()
        try:
            return worker.train(runs, watch(worker.number, _name(runs)))
        finally:
            free.put(worker)

    with interruptible() as interrupted, ThreadPoolExecutor(len(workers)) as threads:
        futures = [threads.submit(train, runs) for runs in jobs]
        while not interrupted() and wait(futures, _SECONDS_BETWEEN_LOOKS).not_done:
            pass
        if interrupted():
            threads.shutdown(wait=False, cancel_futures=True)
            for each in workers:
                each.interrupt()
        found = [(runs, future.result()) for runs, future in zip(jobs, futures, strict=True) if not future.cancelled()]
    for each in workers:
        each.close()
    return _endings(found, interrupted())


def _name(runs: Sequence[Path]) -> str:
    """The name of a run; of a stack that of its first, and how many there are."""
    return runs[0].name if len(runs) == 1 else f"{runs[0].name} and {len(runs) - 1} more"


def _endings(found: Sequence[tuple[Sequence[Path], Endings | str]], interrupted: bool) -> Endings:
    """How the runs ended. Raises UserError where some were not trained, unless all were interrupted."""
    failed = [f"{_name(runs)}: {reason}" if len(runs) == 1 else reason for runs, reason in found if isinstance(reason, str)]
    if failed and not interrupted:
        raise UserError("; ".join(failed))
    return {run: ending for _, endings in found if not isinstance(endings, str) for run, ending in endings.items()}
