"""An executor that calls at once, in this process, and one whose workers are killed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import Any

from mechgrok.studies.job import take


class Inline(Executor):
    """Every call is done when it is submitted."""

    def __init__(self) -> None:
        self.calls: list[Callable[[], Any]] = []

    def submit(self, call: Callable[..., Any], /, *values: Any, **named: Any) -> Future[Any]:
        self.calls.append(call)
        future: Future[Any] = Future()
        future.set_result(call(*values, **named))
        return future


class Killing(Inline):
    """The worker of some calls is killed before its first step; the pool breaks with it, as that of the standard library."""

    def __init__(self, killed: Callable[[Any], bool]) -> None:
        super().__init__()
        self.killed = killed

    def submit(self, call: Callable[..., Any], /, *values: Any, **named: Any) -> Future[Any]:
        if not self.killed(call):
            return super().submit(call, *values, **named)
        self.calls.append(call)
        take(call.cells[0])  # type: ignore[attr-defined]
        future: Future[Any] = Future()
        future.set_exception(BrokenExecutor("a process was terminated abruptly"))
        return future
