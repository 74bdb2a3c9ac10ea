"""Commands that write, each with the files that it needs and the command that completes it after a kill or a failure."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import in_process
import own_loop
import stacked_runs
from made_runs import make_run
from tiny_flags import QUIET, TINY
from trained_runs import config
from valid_files import files

import mechgrok
from mechgrok.verification.hand_built import temporary_run
from mechgrok.verification.zoo import clock

Words = tuple[str, ...]
Command = Callable[[list[str]], int]
_TRAIN: Words = ("train", "demo", *TINY, *QUIET)


@dataclass(frozen=True)
class Job:
    """A command that is given in a folder."""

    name: str
    words: Words
    prepare: Callable[[Path], object] = lambda folder: None
    """Makes the files that it needs."""
    again: Words | None = None
    """The command that completes it once `out` is there, empty where it is complete then; by default the same."""
    out: str = ""
    """A new folder that it makes."""
    statuses: tuple[int, ...] = (0,)
    """Its exit statuses where nothing is disturbed."""
    command: Command = in_process.command
    """What is called with the words."""

    def next(self, folder: Path) -> Words:
        """The command that completes it now."""
        return self.words if self.again is None or not (folder / self.out).exists() else self.again


def _foreign(folder: Path) -> None:
    (folder / "theirs.pt").write_bytes(files()["half.pt"])


def _analyzed(folder: Path) -> None:
    run = make_run(folder / "run")
    mechgrok.analyze(run, ["loss", "gini"], nulls=1)


def _clock(folder: Path) -> None:
    """A network of which a program is extracted."""
    with temporary_run(clock.NETWORK) as run:
        shutil.copytree(run.path, folder / "run")


def _parent(folder: Path) -> None:
    assert in_process.command([*_TRAIN, "--out", str(folder / "parent")]) == 0


def _stack(folder: Path) -> None:
    stacked_runs.begin(config(training__steps=6, training__evaluate_every=3, checkpoints__every=3), folder / "runs")


_RESUME: Words = ("train", "--resume", "run", *QUIET)
_FINETUNE: Words = ("finetune", "demo", *TINY, *QUIET, "--from", "parent", "--load", "embed", "--out", "run")
_SWEEP: Words = ("sweep", "demo", *TINY, *QUIET, "--grid", "optimizer.weight_decay=1,2", "--out", "runs")
JOBS = (
    Job("train", (*_TRAIN, "--out", "run"), again=_RESUME, out="run"),
    Job("stack", ("train", "--resume", "runs", *QUIET), _stack),
    Job("finetune", _FINETUNE, _parent, _RESUME, "run"),
    Job("record", ("6",), command=own_loop.command),
    Job("sweep", _SWEEP, again=(*_SWEEP, "--retry"), out="runs"),
    Job("import", ("import", "theirs.pt", "--operation", "add", "--out", "run"), _foreign, (), "run"),
    Job("analyze", ("analyze", "run", "loss", "gini", "--nulls", "1"), lambda folder: make_run(folder / "run")),
    Job("report", ("report", "run"), _analyzed),
    Job("extract", ("extract", "run"), _clock),
    Job("study", ("study", "train", "small2024", *QUIET, "--out", "runs")),
    Job("study report", ("study", "report", "small2024", "--out", "runs"), in_process.train_study),
)
