"""The step loop."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.training import probing, stopping
from mechgrok.training.evaluation.finite import FiniteUpdates
from mechgrok.training.evaluation.scores import Evaluation
from mechgrok.training.recorder import Recorder
from mechgrok.training.trainer import Trainer


class Progress(Protocol):
    """The interface of a progress display."""

    def at(self, step: int) -> None: ...
    def recorded(self, step: int, evaluations: Sequence[Evaluation]) -> None: ...


@dataclass(frozen=True)
class Ending:
    """The step at which training stopped, and the reason."""

    step: int
    reason: str
    interrupted: bool = False


class DivergedError(UserError):
    """The loss is not finite."""


def train(trainer: Trainer, recorder: Recorder, progress: Progress) -> Ending:
    """Train from the newest state to the last step, a stopping rule or an interruption.

    Ctrl-C and SIGTERM end training after the current step, with the state saved. Raises DivergedError if the loss is not finite.
    """
    config, step = trainer.config.training, recorder.begin()
    losses = _Losses(step or 0, trainer.device, recorder.run)
    if step is None:
        step = 0
        _evaluate_and_record(0, trainer, recorder, progress)
    history = recorder.history()
    # Also checked before the first step: a run killed between a stopping rule and its final state has to stop at the same step.
    reason = stopping.reason(config.stop, history)
    with interruptible() as interrupted:
        while not reason and step < config.steps:
            if interrupted():
                losses.check()
                recorder.save(step)
                return Ending(step, "interrupted", interrupted=True)
            _update(step, trainer, recorder, losses)
            step += 1
            progress.at(step)
            if recorder.steps.evaluates(step):
                losses.check()
                history += _evaluate_and_record(step, trainer, recorder, progress)
                reason = stopping.reason(config.stop, history)
    return _end(step, reason or "that was the last step", recorder)


class _Losses:
    """The losses of the updates, which are looked at only when something is recorded: until then a GPU is not waited for."""

    def __init__(self, step: int, device: torch.device, run: Path) -> None:
        self._begin, self._updates, self._run = step, 0, run
        self._finite = FiniteUpdates(torch.zeros((), dtype=torch.float64, device=device))

    def add(self, loss: Tensor) -> None:
        """Notes the loss of an update (scalar)."""
        self._finite.add(loss.double())
        self._updates += 1

    def check(self) -> None:
        """Raises DivergedError if one was not finite."""
        count = int(self._finite.counts())
        if count < self._updates:
            raise DivergedError(divergence(self._begin + count, str(self._finite.losses().item()), self._run))


def _update(step: int, trainer: Trainer, recorder: Recorder, losses: _Losses) -> None:
    """One update. The probes read it if its initial weights were evaluated."""
    if not trainer.config.training.probes or not recorder.steps.evaluates(step):
        losses.add(trainer.update(step))
        return
    loss, readings = probing.update(trainer, step)
    losses.add(loss)
    losses.check()
    recorder.probe(step, readings)


def _evaluate_and_record(step: int, trainer: Trainer, recorder: Recorder, progress: Progress) -> list[Evaluation]:
    """Evaluate the current weights, record the metrics, and write a checkpoint if the step has one."""
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
        raise DivergedError(divergence(step, str(loss), recorder.run))


def divergence(step: int, loss: str, run: Path) -> str:
    """The line on a run whose loss is not finite at a step."""
    kept = sorted((run / "weights").glob("*.safetensors"))
    last = str(kept[-1]) if kept else "none"
    return f"the loss is {loss} at step {step}; the last good checkpoint is {last}. Lower optimizer.lr, and train into a new folder"


@contextmanager
def interruptible() -> Iterator[Any]:
    """Yields a function that returns whether Ctrl-C or SIGTERM was received. A second signal ends the process as usual.

    Outside the main thread, where Python allows no handlers, signals do what they did before.
    """
    received: list[int] = []

    def note(number: int, frame: object) -> None:
        received.append(number)
        signal.signal(number, before[number])

    before: dict[int, Any] = {}
    for number in (signal.SIGINT, signal.SIGTERM) if threading.current_thread() is threading.main_thread() else ():
        before[number] = signal.signal(number, note)
    try:
        yield lambda: bool(received)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
