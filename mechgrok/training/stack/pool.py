"""Runs that are trained by one single-threaded process for each core."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Future, wait
from functools import partial
from pathlib import Path
from typing import Any

from mechgrok.errors import UserError
from mechgrok.processes.pool import Processes
from mechgrok.processes.worker import report
from mechgrok.runs.run import open_run
from mechgrok.training import launch
from mechgrok.training.evaluation.scores import Evaluation
from mechgrok.training.loop import Ending, Progress, interruptible

Watch = Callable[[int, str], Progress]
"""From the number of a process and the name of what it begins to train to the display of its progress."""
Endings = dict[Path, Ending]
_SECONDS_BETWEEN_LOOKS = 0.1


class Reporting:
    """Reports the progress of a call as pairs: step, and evaluations or None."""

    def at(self, step: int) -> None:
        """A step is done."""
        report((step, None))

    def recorded(self, step: int, evaluations: Sequence[Evaluation]) -> None:
        """Metrics were recorded."""
        report((step, list(evaluations)))


def train(folders: Sequence[Path]) -> Endings:
    """Trains a run, or several as a stack, to their ends, and reports each step."""
    return launch.resume_all([open_run(folder) for folder in folders], Reporting())


def resume(jobs: Sequence[Sequence[Path]], watch: Watch, processes: int = 0) -> Endings:
    """Train runs to their ends, those of a job as a stack, several jobs at a time, each on one thread.

    Ctrl-C and SIGTERM end all after a step, with states saved. Raises UserError, once the others have ended, if a run could not be
    trained, or its loss was not finite.
    """
    with interruptible() as interrupted, Processes(processes) as executor:
        futures = [executor.follow(partial(train, runs), partial(_shown, watch, _name(runs))) for runs in jobs]
        while not interrupted() and wait(futures, _SECONDS_BETWEEN_LOOKS).not_done:
            pass
        if interrupted():
            executor.interrupt()
    found = [(runs, _ended(future)) for runs, future in zip(jobs, futures, strict=True) if not future.cancelled()]
    return _endings(found, interrupted())


def _shown(watch: Watch, name: str, process: int) -> Callable[[Any], None]:
    """Passes the reports of a process on to the display of what it trains."""
    progress = watch(process, name)

    def show(reported: tuple[int, Sequence[Evaluation] | None]) -> None:
        step, evaluations = reported
        if evaluations is None:
            progress.at(step)
        else:
            progress.recorded(step, evaluations)

    return show


def _name(runs: Sequence[Path]) -> str:
    """The name of a run; of a stack that of its first, and how many there are."""
    return runs[0].name if len(runs) == 1 else f"{runs[0].name} and {len(runs) - 1} more"


def _ended(future: Future[Endings]) -> Endings | str:
    """How the runs of a job ended, or why they were not trained."""
    try:
        return future.result()
    except (UserError, BrokenExecutor) as error:
        return str(error)


def _endings(found: Sequence[tuple[Sequence[Path], Endings | str]], interrupted: bool) -> Endings:
    """How the runs ended. Raises UserError where some were not trained, unless all were interrupted."""
    failed = [f"{_name(runs)}: {reason}" if len(runs) == 1 else reason for runs, reason in found if isinstance(reason, str)]
    if failed and not interrupted:
        raise UserError("; ".join(failed))
    return {run: ending for _, endings in found if not isinstance(endings, str) for run, ending in endings.items()}
