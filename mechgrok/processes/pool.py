"""Several processes as an executor with the interface of `concurrent.futures.Executor`."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import Any

from mechgrok.processes import cores

Heard = Callable[[Any], None]
"""Is called with each message of a call."""


class Processes(Executor):
    """Processes that call functions, several at a time. One that is killed loses its own call alone, and is replaced for the next one.

    They are started by the name of a module instead of through multiprocessing, which would run the user's script a second time.
    """

    def __init__(self, count: int = 0) -> None:
        """So many processes, by default one a core, each started for its first call."""
        self._processes = [Process(number) for number in range(count or cores())]
        self._threads = ThreadPoolExecutor(len(self._processes))
        self._free: SimpleQueue[Process] = SimpleQueue()
        for process in self._processes:
            self._free.put(process)

    def submit(self, call: Callable[..., Any], /, *values: Any, **named: Any) -> Future[Any]:
        """Calls a function that can be pickled. Its future raises BrokenExecutor where the process ends before the call."""
        return self.follow(partial(call, *values, **named), lambda number: _ignore)

    def follow(self, call: Callable[[], Any], begin: Callable[[int], Heard]) -> Future[Any]:
        """The same for a call that reports; `begin` gives, for the number of the process that begins it, what hears its messages."""
        return self._threads.submit(self._call, pickle.dumps(call), begin)

    def _call(self, call: bytes, begin: Callable[[int], Heard]) -> Any:
        process = self._free.get()
        try:
            return process.call(call, begin(process.number))
        finally:
            self._free.put(process)

    def interrupt(self) -> None:
        """Cancels calls that wait, and sends SIGTERM to the processes, upon which training ends after a step with its state saved."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for process in self._processes:
            process.interrupt()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the processes after their calls."""
        self._threads.shutdown(wait, cancel_futures=cancel_futures)
        for process in self._processes if wait else ():
            process.close()


def _ignore(message: Any) -> None:
    """Hears nothing."""


class Process:
    """One process. It has a session of its own, so Ctrl-C at a terminal does not reach it twice."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._running: subprocess.Popen[bytes] | None = None
        self._lock, self._interrupted = threading.Lock(), False

    def call(self, call: bytes, heard: Heard) -> Any:
        """What a pickled call returns or raises. Raises BrokenExecutor where the process ends before."""
        with self._lock:
            running = self._started()
        assert running.stdin
        assert running.stdout
        with suppress(BrokenPipeError, EOFError, pickle.UnpicklingError):
            running.stdin.write(pickle.dumps(call))
            running.stdin.flush()
            while True:
                kind, content = pickle.load(running.stdout)
                if kind == "value":
                    return content
                if kind == "error":
                    raise content
                heard(content)
        raise BrokenExecutor(f"its process ended with status {running.wait()}")

    def _started(self) -> subprocess.Popen[bytes]:
        """The process, a new one where it has ended or was never started. Raises BrokenExecutor after an interruption."""
        if self._interrupted:
            raise BrokenExecutor("its process was interrupted")
        if self._running is None or self._running.poll() is not None:
            self._running = subprocess.Popen(
                [sys.executable, "-m", "mechgrok.processes"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
                env=os.environ | {"OMP_NUM_THREADS": "1"},
            )
        return self._running

    def interrupt(self) -> None:
        """Sends SIGTERM, if the process runs, and starts no other one."""
        with self._lock:
            self._interrupted = True
            if self._running and self._running.poll() is None:
                self._running.send_signal(signal.SIGTERM)

    def close(self) -> None:
        """Lets the process end after its call, and waits for it."""
        if self._running:
            assert self._running.stdin
            assert self._running.stdout
            with suppress(BrokenPipeError):
                self._running.stdin.close()
            self._running.wait()
            self._running.stdout.close()
