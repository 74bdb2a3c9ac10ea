"""Functions that begin and resume runs of one config with several seeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import torch

from mechgrok.config import Config
from mechgrok.errors import UserError
from mechgrok.models import subnormals
from mechgrok.processes import cores
from mechgrok.runs import store
from mechgrok.runs.creation import create, refuse_existing
from mechgrok.runs.locks.locking import locked
from mechgrok.runs.run import Run, open_run
from mechgrok.training import needs
from mechgrok.training.execution import Execution, began_with
from mechgrok.training.loop import DivergedError, Ending, Progress, divergence
from mechgrok.training.recorder import Recorder, finished, restore_last
from mechgrok.training.stack.commit import recover
from mechgrok.training.stack.loop import StackLoop, Trainee
from mechgrok.training.stack.member import Member
from mechgrok.training.stack.plan import stacks
from mechgrok.training.untrained import STACK, STACKED, files

FINISHED = "it is finished already"


def begin(configs: Mapping[int, Config], out: Path, execution: Execution) -> list[Run]:
    """Create a folder with a run for each seed, `seed-3`, in one piece; returns the untrained runs.

    They are stacked where this is covered and faster; else each is trained on one thread.
    """
    refuse_existing(out)
    settled = execution.resolved()
    found = stacks(configs, settled)
    if found is None or settled.device == "cpu":
        settled = dataclasses.replace(settled, threads=1)
    _check_memory(list(configs.values()), settled.device, _at_once(found, len(configs)))
    made: dict[str, bytes] = {}
    for number, seeds in enumerate(found or [list(configs)]):
        entries = {STACKED: len(seeds), STACK: number} if found else {}
        for seed in seeds:
            made |= {f"seed-{seed}/{name}": content for name, content in files(configs[seed], settled, entries).items()}
    create(out, made.items())
    return runs_in(out)


def _at_once(stacks: Sequence[Sequence[int]] | None, runs: int) -> int:
    """How many runs are trained at the same time."""
    return sum(sorted(map(len, stacks))[-cores() :]) if stacks else min(runs, cores())


def _check_memory(configs: Sequence[Config], device: str, at_once: int) -> None:
    """Raises UserError where so many runs need more memory than is free."""
    train = int(configs[0].split.train_rows(configs[0].task).sum())
    needs.check(configs[0], train, device, at_once)


def runs_in(folder: Path) -> list[Run]:
    """The runs of a folder that `begin` made, by seed; empty for another folder."""
    found = [path for path in folder.glob("seed-*") if (path / store.CONFIG).is_file() and path.name[5:].isdecimal()]
    return [open_run(path) for path in sorted(found, key=lambda path: int(path.name[5:]))]


def together(runs: Sequence[Run]) -> list[list[Run]]:
    """The runs by their stack; a run that is not stacked is alone."""
    found: dict[object, list[Run]] = {}
    for run in runs:
        found.setdefault(run.execution.get(STACK, run.path), []).append(run)
    return list(found.values())


def resume(runs: Sequence[Run], progress: Progress) -> dict[Path, Ending]:
    """Train the runs of a stack from their newest states to their ends. Runs whose states are of one step are trained together.

    Raises DivergedError, once the other runs have ended, if the loss of a run was not finite.
    """
    execution = began_with(runs[0])
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
        names = {run: f"{run.name}: " if len(runs) > 1 else "" for run in diverged}
        raise DivergedError("; ".join(f"{names[run]}{divergence(at, 'not finite', run)}" for run, at in diverged.items()))
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
