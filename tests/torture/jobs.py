"""Commands that write, each with the files that it needs and the command that completes it after a kill or a failure."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from made_runs import make_run
from tiny_flags import QUIET, TINY
from valid_files import files

import mechgrok
from mechgrok.cli import main
from mechgrok.verification.hand_built import temporary_run
from mechgrok.verification.zoo import clock

Words = tuple[str, ...]
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

    def next(self, folder: Path) -> Words:
        """The command that completes it now."""
        return self.words if self.again is None or not (folder / self.out).exists() else self.again


def _foreign(folder: Path) -> None:
    (folder / "theirs.pt").write_bytes(files()["bare.pt"])


def _analyzed(folder: Path) -> None:
    run = make_run(folder / "run")
    mechgrok.analyze(run, ["loss", "gini"], nulls=1)


def _clock(folder: Path) -> None:
    """A network of which a program is extracted."""
    with temporary_run(clock.NETWORK) as run:
        shutil.copytree(run.path, folder / "run")


def _parent(folder: Path) -> None:
    assert main([*_TRAIN, "--out", str(folder / "parent")]) == 0


JOBS = (
    Job("train", (*_TRAIN, "--out", "run"), again=("train", "--resume", "run", *QUIET), out="run"),
    Job(
        "finetune",
        ("finetune", "demo", *TINY, *QUIET, "--from", "parent", "--load", "embed", "--out", "run"),
        _parent,
        ("train", "--resume", "run", *QUIET),
        "run",
    ),
    Job("import", ("import", "theirs.pt", "--out", "run"), _foreign, (), "run"),
    Job("analyze", ("analyze", "run", "loss", "gini", "--nulls", "1"), lambda folder: make_run(folder / "run")),
    Job("report", ("report", "run"), _analyzed),
    Job("extract", ("extract", "run"), _clock),
)
