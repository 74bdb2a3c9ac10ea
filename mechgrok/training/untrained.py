"""The files of an untrained run, and the checks of its config."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from importlib.metadata import version

import numpy as np
from safetensors.numpy import save

from mechgrok.config import Config
from mechgrok.data.table_size import require_memory
from mechgrok.errors import UserError
from mechgrok.runs import store
from mechgrok.training import initial, needs
from mechgrok.training.batches import rows_a_step
from mechgrok.training.execution import Execution
from mechgrok.training.staged_batches import check_stages

STACKED = "stacked"
"""The entry of execution.json with the number of runs that a run is stacked with."""
STACK = "stack"
"""The entry with the number or name of its stack among those of its folder."""
NO_ENTRIES: Mapping[str, int | str] = {}


def files(config: Config, execution: Execution, entries: Mapping[str, int | str] = NO_ENTRIES) -> dict[str, bytes]:
    """The files of an untrained run, with more `entries` of execution.json.

    Raises UserError if parts of the config do not fit each other.
    """
    task = config.task
    require_memory(task)
    mask = config.split.train_rows(task)
    labels = config.corruption.labels(task, mask)
    corrupted = labels.arrays() if labels else {}
    if not config.model.architecture(task).reads_shorter_rows and (task.inputs() < 0).any():
        raise UserError(
            f"this task has rows of several lengths, which model.kind {config.model.kind} cannot read; use transformer, without registers"
        )
    check_stages(config, mask)
    _check_batch(config, int(mask.sum()))
    resolved = execution.resolved()
    needs.check(config, int(mask.sum()), resolved.device)
    _check_optimizer(config)
    versions = {name: version(name) for name in ("mechgrok", "torch", "transformer-lens")}
    return {
        store.SPLIT: save({"is_train": mask.astype(np.uint8), **corrupted}),
        store.EXECUTION: json.dumps(dataclasses.asdict(resolved) | {"versions": versions, **entries}, indent=1).encode(),
        store.CONFIG: config.model_dump_json(indent=1).encode(),
    }


def _check_batch(config: Config, train: int) -> None:
    """Raises UserError if batches are larger than the train split."""
    size = rows_a_step(config.training.batch, train)
    if size is not None and size > train and config.training.sampling != "replacement":
        raise UserError(f"training.batch is {size}, but the train split has {train} rows; use at most {train}, or full")


def _check_optimizer(config: Config) -> None:
    """Raises UserError if the optimiser finds no parameter that it applies to."""
    if config.optimizer.may_refuse or config.start.freeze:
        config.optimizer.build(initial.trained(initial.network(config)))
