"""Training processes that are killed, interrupted and resumed for real."""

from __future__ import annotations

import os
import random
import signal
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import forked
import pytest
import stacked_runs
from safetensors.torch import load
from trained_runs import begin, config, contents

from mechgrok.config import Config, read

MADE = config(training__steps=400, training__batch=9, training__evaluate_every=2, checkpoints__every=4)
PIECES = config(task__p=257, training__steps=40, training__batch=64, training__evaluate_every=4, checkpoints__every=4, model__d_mlp=8)
"""Evaluated in two pieces, whose logits are more than those of one."""
STACK = config(
    training__steps=200, training__evaluate_every=2, training__stop={"train_loss_below": 1.2}, checkpoints__every=4, optimizer__lr=3e-3
)
"""Runs that end at different steps."""
KILLS = 10
"""Of each of the three."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of the run that nobody disturbed."""
    run = begin(MADE, tmp_path_factory.mktemp("whole") / "run").path
    assert forked.status("train", "--resume", run, "--log", "quiet") == 0
    return contents(run)


def wait_for(process: BaseProcess, metrics: Path, length: int) -> None:
    """Until so much is recorded."""
    while not (metrics.exists() and metrics.stat().st_size >= length):
        assert process.is_alive(), "it ended before it was disturbed"


def require_whole(path: Path) -> None:
    assert all(tensor.isfinite().all() for tensor in load(path.read_bytes()).values()), path


def require_readable(run: Path) -> None:
    """Every file that counts is whole."""
    for name in contents(run):
        if name.endswith(".safetensors"):
            require_whole(run / name)
    read((run / "config.json").read_text(), "config.json")
    lines = (run / "metrics.csv").read_text().split("\n")
    assert lines[-1] == ""
    assert all(line.count(",") == 3 for line in lines[:-1])


@pytest.mark.parametrize("made", [MADE, PIECES, STACK], ids=["batches", "pieces", "stack"])
@pytest.mark.long
def test_what_is_killed_again_and_again_ends_the_same(made: Config, tmp_path: Path) -> None:
    """Kills fall at random moments of random stretches, the first before there is a state; then it is left alone.

    Subnormal numbers are flushed in all of them.
    """
    whole, out, draw = tmp_path / "whole", tmp_path / "run", random.Random(7)
    for each in (whole, out):
        stacked_runs.begin(made, each) if made is STACK else begin(made, each)
    assert forked.status("train", "--resume", whole, "--log", "quiet") == 0
    metrics = "seed-0/metrics.csv" if made is STACK else "metrics.csv"
    size = (whole / metrics).stat().st_size
    for kill in range(KILLS):
        process = forked.start("train", "--resume", out, "--log", "quiet")
        wait_for(process, out / metrics, round(size * 0.7 * kill / KILLS))
        time.sleep(draw.random() * 0.03 * (kill > 0))
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        for path in out.rglob("metrics.csv"):
            require_readable(path.parent)
    assert forked.status("train", "--resume", out, "--log", "quiet") == 0
    assert contents(out) == contents(whole)


@pytest.mark.long
def test_whoever_looks_while_it_trains_finds_every_file_whole(tmp_path: Path) -> None:
    """A kill falls between two looks; looking all the time sees the moments that few kills would hit."""
    run = begin(MADE, tmp_path / "run").path
    process = forked.start("train", "--resume", run, "--log", "quiet")
    seen: set[Path] = set()
    while process.is_alive():
        for path in [run / "state.safetensors", *sorted(run.glob("weights/[!.]*"))[-1:]]:
            if path.exists():
                require_whole(path)
                seen.add(path)
    assert process.exitcode == 0
    assert len(seen) > 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.long
def test_an_interrupted_process_stops_cleanly_and_goes_on(number: int, whole: dict[str, bytes], tmp_path: Path) -> None:
    run = begin(MADE, tmp_path / "run").path
    process = forked.start("train", "--resume", run, "--log", "quiet")
    wait_for(process, run / "metrics.csv", len(whole["metrics.csv"]) // 3)
    assert process.pid
    os.kill(process.pid, number)
    process.join()
    assert process.exitcode == 130
    require_readable(run)
    assert not list(run.rglob(".*"))
    assert forked.status("train", "--resume", run, "--log", "quiet") == 0
    assert contents(run) == whole


@pytest.mark.long
def test_two_processes_on_one_folder_are_one_too_many(whole: dict[str, bytes], tmp_path: Path) -> None:
    run = begin(MADE, tmp_path / "run").path
    first = forked.start("train", "--resume", run, "--log", "quiet")
    wait_for(first, run / "metrics.csv", 100)
    assert forked.status("train", "--resume", run, "--log", "quiet") == 2
    first.join()
    assert first.exitcode == 0
    assert contents(run) == whole
