"""The step loop."""

from __future__ import annotations

import math
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from mechgrok.errors import UserError
from mechgrok.training import probing, stopping
from mechgrok.training.recorder import Recorder
from mechgrok.training.trainer import Evaluation, Trainer


class Progress(Protocol):
    """Who watches."""

    def at(self, step: int) -> None: ...
    def recorded(self, step: int, evaluations: Sequence[Evaluation]) -> None: ...


@dataclass(frozen=True)
class Ending:
    """Where training stopped, and why."""

    step: int
    reason: str
    interrupted: bool = False


class DivergedError(UserError):
    """The loss is no longer a number."""


def train(trainer: Trainer, recorder: Recorder, progress: Progress) -> Ending:
    """Trains from the newest state to the last step, a stopping rule, or an interruption.

    Ctrl-C and SIGTERM end it after the running step with its state saved. Raises DivergedError.
    """
    config, step = trainer.config.training, recorder.begin()
    if step is None:
        step = 0
        _look(0, trainer, recorder, progress)
    history = recorder.history()
    # Before the first step too: whoever was killed between a stopping rule and the final state stops where it would have.
    reason = stopping.reason(config.stop, history)
    with _interruptible() as interrupted:
        while not reason and step < config.steps:
            if interrupted():
                recorder.save(step)
                return Ending(step, "interrupted", interrupted=True)
            _update(step, trainer, recorder)
            step += 1
            progress.at(step)
            if recorder.steps.evaluates(step):
                history += _look(step, trainer, recorder, progress)
                reason = stopping.reason(config.stop, history)
    return _end(step, reason or "that was the last step", recorder)


def _update(step: int, trainer: Trainer, recorder: Recorder) -> None:
    """An update, seen by the probes where the weights that it starts from were evaluated."""
    if not trainer.config.training.probes or not recorder.steps.evaluates(step):
        _refuse_nan(step, trainer.update(step).item(), recorder)
        return
    loss, readings = probing.update(trainer, step)
    _refuse_nan(step, loss.item(), recorder)
    recorder.probe(step, readings)


def _look(step: int, trainer: Trainer, recorder: Recorder, progress: Progress) -> list[Evaluation]:
    """Evaluates, records, and keeps the weights where they are due."""
    evaluations = trainer.evaluate()
    for each in evaluations:
        _refuse_nan(step, each.objective, recorder)
        _refuse_nan(step, each.loss, recorder)
    recorder.record(step, evaluations)
    if recorder.steps.keeps(step):
        recorder.keep(step)
    progress.recorded(step, evaluations)
    return evaluations


def _end(step: int, reason: str, recorder: Recorder) -> Ending:
    recorder.keep(step)
    recorder.save(step, finished=True)
    return Ending(step, reason)


def _refuse_nan(step: int, loss: float, recorder: Recorder) -> None:
    if not math.isfinite(loss):
        good = _last_checkpoint(recorder.run)
        raise DivergedError(
            f"the loss is {loss} at step {step}; the last good checkpoint is {good}. Lower optimizer.lr, and train into a new folder"
        )


def _last_checkpoint(run: Path) -> str:
    kept = sorted((run / "weights").glob("*.safetensors"))
    return str(kept[-1]) if kept else "none"


@contextmanager
def _interruptible() -> Iterator[Any]:
    """Whether Ctrl-C or SIGTERM came; a second one ends the process as usual."""
    came: list[int] = []

    def note(number: int, frame: object) -> None:
        came.append(number)
        signal.signal(number, before[number])

    before: dict[int, Any] = {}
    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, note)
    try:
        yield lambda: bool(came)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
