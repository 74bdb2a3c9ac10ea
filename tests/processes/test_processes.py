"""Calls in processes: values, errors, messages, and what is lost with a process that is killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from functools import partial
from pathlib import Path

import pytest

from mechgrok.processes import cores
from mechgrok.processes.pool import Processes
from mechgrok.processes.worker import report


@pytest.fixture(scope="module")
def one() -> Iterator[Processes]:
    with Processes(1) as made:
        yield made


def test_there_is_one_process_a_core_by_default() -> None:
    assert len(Processes()._processes) == cores() >= 1


def test_a_call_is_made_in_another_process_with_one_thread(one: Processes) -> None:
    assert one.submit(os.getpid).result() != os.getpid()
    assert one.submit(os.getenv, "OMP_NUM_THREADS").result() == "1"
    assert [future.result() for future in [one.submit(divmod, 17, each) for each in (2, 3, 5)]] == [(8, 1), (5, 2), (3, 2)]


def test_what_a_call_prints_does_not_disturb_its_answer(one: Processes) -> None:
    assert one.submit(print, "words").result() is None
    assert one.submit(os.write, 1, b"words\n").result() == 6


def test_an_error_is_raised_here(one: Processes) -> None:
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        one.submit(divmod, 1, 0).result()


def test_messages_of_a_call_are_heard(one: Processes) -> None:
    heard: list[tuple[int, object]] = []
    one.follow(partial(report, (3, [0.5])), lambda number: lambda message: heard.append((number, message))).result()
    assert heard == [(0, (3, [0.5]))]


def test_a_process_that_ends_loses_its_call_alone(one: Processes) -> None:
    lost, next_one = one.submit(os._exit, 3), one.submit(len, "abc")
    with pytest.raises(BrokenExecutor, match=r"^its process ended with status 3$"):
        lost.result()
    assert next_one.result() == 3


def test_two_calls_are_made_at_the_same_time(tmp_path: Path) -> None:
    """Each opens one end of a named pipe, which waits for the other end."""
    os.mkfifo(tmp_path / "pipe")
    with Processes(2) as two:
        ends = [two.submit(os.open, tmp_path / "pipe", mode) for mode in (os.O_RDONLY, os.O_WRONLY)]
        assert all(end.result() > 2 for end in ends)


def test_an_interruption_ends_what_runs_and_cancels_what_waits() -> None:
    executor = Processes(1)
    pid = executor.submit(os.getpid).result()
    runs, waits = executor.submit(time.sleep, 60), executor.submit(len, "abc")
    while not runs.running():
        time.sleep(0.001)
    executor.interrupt()
    with pytest.raises(BrokenExecutor):
        runs.result()
    assert waits.cancelled()
    executor.shutdown()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)
