"""Runs of several seeds that are really trained as a stack: the tiny config, on one thread."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from trained_runs import Unwatched, contents, torch_settings_kept

from mechgrok.api.several import configs
from mechgrok.config import Config
from mechgrok.runs.run import Run
from mechgrok.training.execution import Execution
from mechgrok.training.loop import Ending
from mechgrok.training.stack import launch

SEEDS = (0, 1, 5)


def begin(made: Config, out: Path, seeds: Sequence[int] = SEEDS) -> list[Run]:
    """The untrained runs of a stack."""
    with torch_settings_kept(), mock.patch.object(launch, "stacks", return_value=[list(seeds)]):
        return launch.begin(configs(made, seeds), out, Execution(device="cpu", threads=1))


def resume(out: Path, progress: Any = None) -> dict[str, Ending]:
    """How the runs in a folder ended, by name."""
    with torch_settings_kept():
        endings = launch.resume(launch.runs_in(out), progress or Unwatched())
    return {path.name: ending for path, ending in endings.items()}


def train(made: Config, out: Path, seeds: Sequence[int] = SEEDS) -> dict[str, bytes]:
    """All files of the runs in a folder, trained to their ends."""
    begin(made, out, seeds)
    resume(out)
    return contents(out)
