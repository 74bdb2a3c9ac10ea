"""Which runs can be trained as one stack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mechgrok.config import Config
from mechgrok.models.forward import stacked
from mechgrok.models.shape import Shape
from mechgrok.tasks.parts import Staged, WithParts

if TYPE_CHECKING:
    from mechgrok.tasks.task import Task

ELEMENTWISE = ("adamw", "adam", "sgd", "rmsprop")
"""Optimisers that treat each entry of a parameter alone, so one of them serves all networks of a stack."""
FILTERS = ("none", "grokfast", "grokfast-ma")
"""Gradient filters that do so."""
MOST_ROWS = 2**20


def obstacle(config: Config, masks: Sequence[np.ndarray]) -> str | None:
    """Why runs of a config with these train masks (n,) are not trained as a stack; None where they are."""
    return next(_obstacles(config, masks), None)


def _obstacles(config: Config, masks: Sequence[np.ndarray]) -> Iterator[str]:
    network, training = config.model.architecture(config.task), config.training
    if not isinstance(network, Shape):
        yield f"model.kind {config.model.kind} is not stacked, only transformers are"
    elif reason := stacked.obstacle(network):
        yield reason
    if config.optimizer.kind not in ELEMENTWISE or config.optimizer.decay_to != "zero":
        yield f"optimizer.kind {config.optimizer.kind} with decay to {config.optimizer.decay_to} is not stacked"
    if config.gradient.kind not in FILTERS:
        yield f"gradient.kind {config.gradient.kind} is not stacked"
    if training.loss != "cross-entropy" or training.lp_alpha or training.weight_noise or training.probes or training.evaluate_rows:
        yield "other losses than cross-entropy, penalties, weight noise, probes and samples of rows are not stacked"
    if config.corruption.kind != "none" or config.start.load or isinstance(config.task, WithParts | Staged):
        yield "runs with corrupted labels, with a parent or with a task of several parts are not stacked"
    elif reason := _of_rows(config.task):
        yield reason
    if len({int(mask.sum()) for mask in masks}) > 1:
        yield "splits of different sizes are not stacked"


def _of_rows(task: Task) -> str | None:
    if task.row_count > MOST_ROWS:
        return f"tables of more than {MOST_ROWS:,} rows are not stacked"
    inputs = task.inputs()
    return None if inputs.min() >= 0 and (inputs[:, -1] == inputs[0, -1]).all() else "rows that do not all end on one token are not stacked"
