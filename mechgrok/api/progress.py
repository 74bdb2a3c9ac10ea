"""Progress of a training run: a live bar on a terminal, lines in a log, or nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from mechgrok.engine.progress import in_notebook, notebook_bar

if TYPE_CHECKING:
    from mechgrok.training.evaluation.scores import Evaluation
    from mechgrok.training.loop import Progress as Watcher

COLUMNS = (
    BarColumn(None),
    MofNCompleteColumn(),
    TextColumn("{task.fields[speed]}"),
    TimeRemainingColumn(),
    TextColumn("{task.fields[metrics]}"),
)
"""The columns of a bar."""
Log = Literal["auto", "live", "lines", "quiet"]
SECONDS_BETWEEN_LINES = 10.0


class Both:
    """Passes progress on to two watchers."""

    def __init__(self, one: Watcher, other: Watcher) -> None:
        self.watchers = (one, other)

    def at(self, step: int) -> None:
        for each in self.watchers:
            each.at(step)

    def recorded(self, step: int, evaluations: Sequence[Evaluation]) -> None:
        for each in self.watchers:
            each.recorded(step, evaluations)


class Quiet:
    """Prints nothing."""

    def at(self, step: int) -> None:
        """A step is done."""

    def recorded(self, step: int, evaluations: Sequence[Evaluation]) -> None:
        """Metrics were recorded."""


class Lines(Quiet):
    """A line every ten seconds or so, and for the first and the last record."""

    def __init__(self, steps: int, name: str = "") -> None:
        self.steps = steps
        self.name = name
        self.rate = _Rate()
        self._next = 0.0

    def at(self, step: int) -> None:
        self.rate.at(step)

    def recorded(self, step: int, evaluations: Sequence[Evaluation]) -> None:
        if time.monotonic() < self._next and step < self.steps:
            return
        self._next = time.monotonic() + SECONDS_BETWEEN_LINES
        speed = self.rate.per_second
        timing = f"  {speed:.1f} steps/s  {(self.steps - step) / speed:.0f} s to go" if speed else ""
        print(
            f"{self.name}step {step}/{self.steps}  {summary(evaluations)}{timing}",
            file=sys.stderr,
            flush=True,
        )


class Live(Quiet):
    """A bar with step, speed, losses, accuracies and the time to go."""

    def __init__(self, steps: int, bar: Progress, name: str = "training") -> None:
        self.bar = bar
        self.rate = _Rate()
        self.task = bar.add_task(name, total=steps, speed="", metrics="")

    def at(self, step: int) -> None:
        self.rate.at(step)
        self.bar.update(self.task, completed=step, speed=f"{self.rate.per_second:.1f} steps/s")

    def recorded(self, step: int, evaluations: Sequence[Evaluation]) -> None:
        self.bar.update(self.task, completed=step, metrics=summary(evaluations))


class _Rate:
    """Steps a second since the first step that was seen."""

    def __init__(self) -> None:
        self.begin: tuple[float, int] | None = None
        self.per_second = 0.0

    def at(self, step: int) -> None:
        now = time.monotonic()
        if self.begin is None:
            self.begin = (now, step)
        elif now > self.begin[0]:
            self.per_second = (step - self.begin[1]) / (now - self.begin[0])


class InNotebook(Quiet):
    """A bar of tqdm, which is at home in notebooks."""

    def __init__(self, bar: Any) -> None:
        self.bar = bar

    def at(self, step: int) -> None:
        self.bar.update(step - self.bar.n)

    def recorded(self, step: int, evaluations: Sequence[Evaluation]) -> None:
        self.bar.set_postfix_str(summary(evaluations))


@contextmanager
def watching(steps: int, log: Log) -> Iterator[Watcher]:
    """A watcher of a run with so many steps."""
    console = Console(stderr=True)
    mode = ("live" if console.is_terminal or in_notebook() else "lines") if log == "auto" else log
    if mode == "live" and in_notebook():
        with notebook_bar()(total=steps, unit="step", leave=False) as moved:
            yield InNotebook(moved)
        return
    if mode != "live":
        yield Lines(steps) if mode == "lines" else Quiet()
        return
    with Progress(*COLUMNS, console=console, refresh_per_second=4) as bar:
        yield Live(steps, bar)


@contextmanager
def watching_several(steps: int, log: Log) -> Iterator[Callable[[int, str], Watcher]]:
    """Gives a watcher for each process and the name of what it begins to train: one bar a process, or lines with the name."""
    console = Console(stderr=True)
    live = log == "live" or (log == "auto" and console.is_terminal and not in_notebook())
    if not live:
        yield lambda process, name: Quiet() if log == "quiet" else Lines(steps, f"{name}  ")
        return
    with Progress(TextColumn("{task.description}"), *COLUMNS, console=console, refresh_per_second=4) as bar:
        shown: dict[int, Live] = {}

        def watch(process: int, name: str) -> Watcher:
            if process in shown:
                bar.remove_task(shown[process].task)
            shown[process] = Live(steps, bar, name)
            return shown[process]

        yield watch


def summary(evaluations: Sequence[Evaluation]) -> str:
    """Losses (those that are trained) and accuracies of the whole splits in words; subsets of corrupted runs are left to the metrics."""
    whole = [each for each in evaluations if each.split in ("train", "test")]
    return "  ".join(f"{each.split} {each.objective:.3g} ({each.accuracy:.1%})" for each in whole)
