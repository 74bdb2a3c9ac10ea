"""Functions that begin and resume runs of one config with several seeds."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import torch

from mechgrok.config import Config
from mechgrok.errors import UserError
from mechgrok.models import subnormals
from mechgrok.runs import store
from mechgrok.runs.creation import create, refuse_existing
from mechgrok.runs.locking import locked
from mechgrok.runs.run import Run, open_run
from mechgrok.training import launch
from mechgrok.training.execution import Execution
from mechgrok.training.loop import DivergedError, Ending, Progress, divergence
from mechgrok.training.recorder import Recorder, finished, restore_last
from mechgrok.training.stack.commit import recover
from mechgrok.training.stack.coverage import faster_on_cpu, obstacle
from mechgrok.training.stack.loop import StackLoop, Trainee
from mechgrok.training.stack.member import Member

log = logging.getLogger(__name__)

FINISHED = "it is finished already"


def begin(configs: Mapping[int, Config], out: Path, execution: Execution) -> list[Run]:
    """Create a folder with a run for each seed, `seed-3`, in one piece; returns the untrained runs.

    They are stacked where this is covered and faster; else each is trained on one thread.
    """
    refuse_existing(out)
    settled = execution.resolved()
    stacked = is_stacked(list(configs.values()), settled.device)
    if not stacked:
        settled = dataclasses.replace(settled, threads=1)
    entry = {launch.STACKED: len(configs)} if stacked else {}
    files: dict[str, bytes] = {}
    for seed, config in configs.items():
        files |= {f"seed-{seed}/{name}": content for name, content in launch.files(config, settled, entry).items()}
    create(out, files.items())
    return runs_in(out)


def is_stacked(configs: Sequence[Config], device: str) -> bool:
    """Whether runs are trained as a stack: on a GPU where this is covered, on a CPU also where it is faster than a process a core."""
    reason = obstacle(configs[0], [each.split.train_rows(each.task) for each in configs])
    if device == "cpu":
        return reason is None and faster_on_cpu(configs[0])
    if reason:
        log.warning("each run is trained in a process of its own: %s", reason)
    return reason is None


def runs_in(folder: Path) -> list[Run]:
    """The runs of a folder that `begin` made, by seed; empty for another folder."""
    found = [path for path in folder.glob("seed-*") if (path / store.CONFIG).is_file() and path.name[5:].isdecimal()]
    return [open_run(path) for path in sorted(found, key=lambda path: int(path.name[5:]))]


def resume(runs: Sequence[Run], progress: Progress) -> dict[Path, Ending]:
    """Train the runs of a stack from their newest states to their ends. Runs whose states are of one step are trained together.

    Raises DivergedError, once the other runs have ended, if the loss of a run was not finite.
    """
    execution = launch.execution_of(runs[0])
    with _locked(runs), subnormals.flushed(execution.subnormals == "flushed"):
        recover([run.path for run in runs])
        endings = {run.path: Ending(restore_last(run.path), FINISHED) for run in runs if finished(run.path)}
        diverged: dict[Path, int] = {}
        for step, trainees in _by_step([run for run in runs if run.path not in endings]):
            loop = StackLoop(trainees, torch.device(execution.device), progress)
            loop.train(step)
            endings |= {recorder.run: ending for recorder, ending in loop.endings.items()}
            diverged |= {recorder.run: at for recorder, at in loop.diverged.items()}
            if any(ending.interrupted for ending in endings.values()):
                break
    if diverged and not any(ending.interrupted for ending in endings.values()):
        raise DivergedError("; ".join(f"{run.name}: {divergence(at, 'not finite', run)}" for run, at in diverged.items()))
    return endings


def _by_step(runs: Sequence[Run]) -> list[tuple[int | None, list[Trainee]]]:
    """The runs by the step of their newest state, the earliest first; None for runs without a state."""
    found: dict[int | None, list[Trainee]] = {}
    for run in runs:
        if run.is_train is None:
            raise UserError(f"{run.path} has no {store.SPLIT}; restore it from a copy")
        member = Member(run.config, run.is_train)
        recorder = Recorder(run.path, run.config, member)
        step = recorder.begin()
        found.setdefault(step, []).append(Trainee(member, recorder, recorder.history()))
    return sorted(found.items(), key=lambda item: -1 if item[0] is None else item[0])


@contextmanager
def _locked(runs: Sequence[Run]) -> Iterator[None]:
    """Holds the locks of all runs."""
    with ExitStack() as locks:
        for run in runs:
            locks.enter_context(locked(run.path))
        yield
