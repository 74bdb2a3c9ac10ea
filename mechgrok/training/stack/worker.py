"""A process that trains runs one after the other on one thread: `python -m mechgrok.training.stack.worker`.

It reads a list of folders of runs from each line of its input, and writes lines of JSON: each step, each evaluation, and how the runs
ended. It is started by its name instead of through multiprocessing, which would run the user's script a second time.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict

signal.signal(signal.SIGINT, signal.SIG_DFL)  # outside of training, which saves its state, the process may end at once

from mechgrok.errors import UserError  # noqa: E402
from mechgrok.runs.run import open_run  # noqa: E402
from mechgrok.training import launch  # noqa: E402
from mechgrok.training.evaluation.scores import Evaluation  # noqa: E402
from mechgrok.training.stack import launch as stack  # noqa: E402


class Reporting:
    """Writes progress as lines of JSON."""

    def at(self, step: int) -> None:
        """A step is done."""
        write(step=step)

    def recorded(self, step: int, evaluations: Sequence[Evaluation]) -> None:
        """Metrics were recorded."""
        write(step=step, evaluations=[asdict(each) for each in evaluations])


def write(**values: object) -> None:
    """Writes one line."""
    print(json.dumps(values), flush=True)


def train(folders: Sequence[str]) -> None:
    """Trains a run, or several as a stack, to their ends, and writes how they ended, or why they cannot be trained."""
    try:
        runs = [open_run(folder) for folder in folders]
        endings = stack.resume(runs, Reporting()) if len(runs) > 1 else {runs[0].path: launch.resume(runs[0], Reporting())}
        write(endings={str(path): asdict(ending) for path, ending in endings.items()})
    except UserError as error:
        write(error=str(error))


if __name__ == "__main__":
    for line in sys.stdin:
        train(json.loads(line))
