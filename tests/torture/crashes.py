"""Disturbs a job once, completes it, and compares all files with those of a job that nobody disturbed."""

from __future__ import annotations

import gc
import io
import multiprocessing
import os
import random
import re
import shutil
import signal
import sys
import time
from collections import Counter
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faults import ERRORS, INTERRUPTS, KINDS, Fault, install
from jobs import Command, Job, Words
from kept import broken

from mechgrok.runs.run import open_run

# A fork of this process has imported what commands need; importing it anew would take seconds each time.
_FORK = multiprocessing.get_context("fork")
_TEMPORARY = re.compile(r"\..+\.\d+(-\d+)?")
LONGEST = 300.0
"""Seconds after which a command is taken to hang, and is killed."""
_UNCOUNTED = re.compile(r"(.*/)?execution\.json|(.*/)?sweep/(?!sweep\.json).*")
"""Files that hold times or names of this machine."""


@dataclass
class Outcome:
    """How many disturbances there were of each kind, and what went wrong."""

    disturbed: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {kind}" for kind, count in sorted(self.disturbed.items()))
        return "\n    ".join([f"{counts}; {len(self.wrong)} wrong", *self.wrong])


class Harness:
    """A job, its prepared files, and its files after nobody disturbed it."""

    def __init__(self, job: Job, folder: Path) -> None:
        self.job, self.folder = job, folder
        self.prepared = folder / "prepared"
        self.prepared.mkdir(parents=True)
        job.prepare(self.prepared)

        whole = Path(shutil.copytree(self.prepared, folder / "whole", symlinks=True))
        # In this process, so that it has imported what its forks need.
        with chdir(whole), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()) as text:
            status = job.command([*job.words])
        assert status in job.statuses, text.getvalue()
        # Otherwise each fork would copy most pages of this process, when it collects garbage.
        gc.freeze()
        began = time.monotonic()
        self._run(job.words, self._copy())
        self.seconds = time.monotonic() - began
        self.expected = contents(whole)
        self.operations = self._count()

    def _copy(self) -> Path:
        """A fresh copy of the prepared files."""
        shutil.rmtree(self.folder / "work", ignore_errors=True)
        return Path(shutil.copytree(self.prepared, self.folder / "work", symlinks=True))

    def _count(self) -> int:
        """The operations at which there can be a fault."""
        counted = self.folder / "count"
        self._run(self.job.words, self._copy(), Fault(self.folder / "work", "none", 0, counted))
        return counted.stat().st_size

    def disturb(self, kind: str, at: int) -> str:
        """What went wrong after a fault at an operation; empty where nothing did."""
        work = self._copy()
        status, text = self._run(self.job.words, work, Fault(work, kind, at))
        return self._after(work, f"{kind} at operation {at}", self._complaint(kind, status, text, work))

    def _complaint(self, kind: str, status: int | None, text: str, work: Path) -> str:
        """What is wrong with the end of a disturbed process."""
        if kind == "kill":
            return _of_kill(status)
        return _of_interrupt(status, text, self.job) if kind in INTERRUPTS else _of_error(status, text, kind, work, self.job)

    def kill_after(self, seconds: float) -> str:
        """What went wrong after a kill at some moment."""
        work = self._copy()
        self._run(self.job.words, work, kill_after=seconds)
        return self._after(work, f"kill after {seconds:.3f} s", "")

    def _run(self, words: Words, folder: Path, fault: Fault | None = None, kill_after: float | None = None) -> tuple[int | None, str]:
        return run(self.job.command, words, folder, fault, kill_after)

    def _after(self, work: Path, what: str, complaint: str) -> str:
        """Opens every run and looks for what is half or lost, completes the job, and compares."""
        try:
            for config in work.rglob("config.json"):
                if not _TEMPORARY.fullmatch(config.parent.name):
                    _ = open_run(config.parent).config
            complaint = complaint or broken(contents(work), self.expected)
            words = self.job.next(work)
            status, text = self._run(words, work) if words else (0, "")
            complaint = complaint or ("" if status in self.job.statuses else f"cannot be completed: {text}") or self._difference(work)
        except Exception as error:
            complaint = f"{type(error).__name__}: {error}"
        return f"{self.job.name}, {what}: {complaint}" if complaint else ""

    def _difference(self, work: Path) -> str:
        found = contents(work)
        left = [str(path.relative_to(work)) for path in work.rglob(".*") if _TEMPORARY.fullmatch(path.name)]
        different = sorted(name for name in {*found, *self.expected} if found.get(name) != self.expected.get(name))
        return f"left behind {left}" if left else f"other bytes in {different}" if different else ""


def torture(harness: Harness, faults: int, kills: int, seed: int) -> Outcome:
    """So many faults of each kind at operations that are spread evenly (0: at every one), and so many kills at random moments."""
    found, draw = Outcome(), random.Random(seed)
    places = _spread(harness.operations, faults)
    for kind in KINDS:
        for at in places:
            _note(found, kind, harness.disturb(kind, at))
    for _ in range(kills):
        _note(found, "random kill", harness.kill_after(draw.random() * harness.seconds))
    return found


def _spread(operations: int, count: int) -> list[int]:
    every = range(1, operations + 1)
    return list(every) if not count or count >= operations else [every[round((at + 0.5) * operations / count - 0.5)] for at in range(count)]


def _note(found: Outcome, kind: str, wrong: str) -> None:
    found.disturbed[kind] += 1
    found.wrong += [wrong] if wrong else []


def _of_kill(status: int | None) -> str:
    return "" if status == -signal.SIGKILL else f"was not killed, but ended with {status}"


def _of_interrupt(status: int | None, text: str, job: Job) -> str:
    """What is wrong with the end of a command after Ctrl-C: its status is 130 unless it was at its end, and there is no traceback."""
    if "Traceback" in text:
        return f"a traceback: {text[-300:]}"
    return "" if status in (130, *job.statuses) else f"ended with {status}: {text[-300:]}"


def _of_error(status: int | None, text: str, kind: str, work: Path, job: Job) -> str:
    """What is wrong with the message of a command that could not write: it is one line with a file and a remedy."""
    reason = os.strerror(ERRORS[kind])
    lines = [line for line in text.splitlines() if reason in line]
    if "Traceback" in text:
        return f"a traceback: {text[-300:]}"
    if status not in (0, 1, 2):
        return f"ended with {status}: {text[-300:]}"
    if not lines:
        return "" if status in job.statuses else f"no line says why: {text[-300:]}"
    named = all(any(_is_file(word, work, job) for word in re.split(r"[ :;]+", line)) for line in lines)
    return "" if named and all("; " in line for line in lines) else f"names no file or no remedy: {lines[0]}"


def _is_file(word: str, work: Path, job: Job) -> bool:
    """Whether a word of a message names the folder that a job makes, or a file below a folder that is there."""
    return bool(word) and (word == job.out or ("/" in word and (work / word.partition("/")[0]).exists()))


def contents(folder: Path) -> dict[str, bytes]:
    """All files but temporary ones and those that hold times."""
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    return {str(path): (folder / path).read_bytes() for path in files if not (_is_temporary(path) or _UNCOUNTED.fullmatch(str(path)))}


def _is_temporary(path: Path) -> bool:
    return any(_TEMPORARY.fullmatch(part) for part in path.parts)


def run(
    command: Command, words: Words, folder: Path, fault: Fault | None = None, kill_after: float | None = None
) -> tuple[int | None, str]:
    """The exit status and the output of a command in a folder."""
    output = folder.parent / "output"
    process = _FORK.Process(target=_call, args=(command, words, str(folder), str(output), fault))
    process.start()
    process.join(LONGEST if kill_after is None else kill_after)
    process.kill()
    process.join()
    return process.exitcode, output.read_text(errors="replace") if output.exists() else ""


def _call(command: Command, words: Words, folder: str, output: str, fault: Fault | None) -> None:
    # Also where the streams of Python do not lead to these descriptors, as in a test.
    sys.stdout = sys.stderr = Path(output).open("w", buffering=1)  # noqa: SIM115
    for number in (1, 2):
        os.dup2(sys.stdout.fileno(), number)
    os.chdir(folder)
    if fault is not None:
        install(fault)
    status: Any = command(list(words))
    sys.stdout.flush()
    sys.exit(status)
