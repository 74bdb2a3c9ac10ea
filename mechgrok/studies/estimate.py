"""The time and the disk that cells take, estimated from a few updates of each kind of cell."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

from mechgrok.config import Config
from mechgrok.training.execution import Execution
from mechgrok.training.needs import parameters
from mechgrok.training.recording_steps import RecordingSteps
from mechgrok.training.trainer import Trainer

UPDATES = 5
_BYTES, _STATE = 4, 3
"""Bytes of a parameter; copies of the parameters in a state: weights and two moments."""


@dataclass(frozen=True)
class Estimate:
    """Of one cell, if it is trained to its last step on one core."""

    seconds: float
    size: int
    """Bytes on the disk."""


def estimates(configs: Sequence[Config], execution: Execution) -> list[Estimate]:
    """An estimate for each config; configs that differ by seeds and rates alone are timed once."""
    known: dict[str, tuple[float, float]] = {}
    return [_estimate(config, execution, known) for config in configs]


def _estimate(config: Config, execution: Execution, known: dict[str, tuple[float, float]]) -> Estimate:
    kind = _kind(config)
    if kind not in known:
        known[kind] = _timed(config, execution)
    update, evaluation = known[kind]
    steps, recording = config.training.steps, RecordingSteps(config)
    evaluated = sum(map(recording.evaluates, range(steps + 1)))
    kept = sum(map(recording.keeps, range(steps + 1)))
    size = parameters(config.model.architecture(config.task)) * _BYTES
    return Estimate(steps * update + evaluated * evaluation, size * (kept + _STATE))


def _kind(config: Config) -> str:
    """All that an update's time depends on."""
    parts = config.model_dump(mode="json")
    for part in ("task", "split", "corruption", "model"):
        parts[part] = {name: value for name, value in parts[part].items() if not name.endswith("seed")}
    chosen = {name: parts[name] for name in ("task", "split", "corruption", "model", "start")}
    kinds = {name: parts[name]["kind"] for name in ("optimizer", "gradient")}
    return json.dumps([chosen, kinds, parts["training"]["batch"], parts["training"]["loss"]])


def _timed(config: Config, execution: Execution) -> tuple[float, float]:
    """Seconds of an update and of an evaluation. Raises UserError for a config that cannot be trained."""
    mask = config.split.train_rows(config.task)
    trainer = Trainer(config, mask, execution, config.corruption.labels(config.task, mask), None)
    updates = [_seconds(partial(_update, trainer, step)) for step in range(UPDATES + 1)]
    return median(updates[1:]), _seconds(trainer.evaluate)


def _update(trainer: Trainer, step: int) -> None:
    """An update whose loss is read, so that a GPU has finished it."""
    trainer.update(step).item()


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
