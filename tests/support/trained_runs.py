"""Runs that are really trained: a network so small that a step takes a millisecond."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from mechgrok.config import Config
from mechgrok.runs.run import Run
from mechgrok.training import launch
from mechgrok.training.evaluation.scores import Evaluation
from mechgrok.training.execution import Execution
from mechgrok.training.loop import Ending


def config(**changed: Any) -> Config:
    """Addition modulo 7 for 20 steps; `training__steps=5` changes a value by its path, `task={...}` a whole part."""
    values: dict[str, Any] = {
        "task": {"kind": "modular", "p": 7},
        "split": {"kind": "python-shuffle", "fraction": 0.5, "seed": 3},
        "model": {"kind": "transformer", "d_model": 16, "heads": 2, "d_mlp": 24, "seed": 1},
        "training": {"steps": 20, "evaluate_every": 4},
        "checkpoints": {"every": 10, "log_spaced": 0},
    }
    for path, value in changed.items():
        part, _, key = path.partition("__")
        values[part] = {**values.get(part, {}), key: value} if key else value
    return Config.model_validate(values)


class Unwatched:
    """Nobody watches."""

    def at(self, step: int) -> None: ...
    def recorded(self, step: int, evaluations: Sequence[Evaluation]) -> None: ...


class Interrupting(Unwatched):
    """Sends a signal to this process after a step."""

    def __init__(self, step: int, number: int = signal.SIGINT) -> None:
        self.step, self.number = step, number

    def at(self, step: int) -> None:
        if step == self.step:
            signal.raise_signal(self.number)


@contextmanager
def torch_settings_kept() -> Iterator[None]:
    """Training sets threads and determinism for its process; this puts them back."""
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(deterministic)


def begin(wanted: Config, out: Path, forward: Any = "fast") -> Run:
    with torch_settings_kept():
        return launch.begin(wanted, out, Execution(device="cpu", threads=1, forward=forward))


def resume(run: Run | Path, progress: Any = None) -> Ending:
    with torch_settings_kept():
        return launch.resume(Run(run if isinstance(run, Path) else run.path), progress or Unwatched())


def train(wanted: Config, out: Path, forward: Any = "fast") -> Run:
    """A run from its beginning to its end."""
    resume(begin(wanted, out, forward))
    return Run(out)


def contents(run: Path) -> dict[str, bytes]:
    """All files of a run that count, without how it was executed."""
    files = [path for path in run.rglob("*") if path.is_file() and not path.name.startswith(".") and path.name != "execution.json"]
    return {str(path.relative_to(run)): path.read_bytes() for path in files}
