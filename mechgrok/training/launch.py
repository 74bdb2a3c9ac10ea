"""Functions that begin and resume runs."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import numpy as np
from safetensors.numpy import save
from torch import Tensor

from mechgrok.config import Config
from mechgrok.errors import UserError
from mechgrok.models import subnormals
from mechgrok.runs import store
from mechgrok.runs.by_task import parent_mixture
from mechgrok.runs.creation import create, refuse_existing
from mechgrok.runs.locking import locked
from mechgrok.runs.run import Run, open_run
from mechgrok.training import initial, loop, needs, recorder
from mechgrok.training.batches import rows_a_step
from mechgrok.training.execution import Execution
from mechgrok.training.loop import Ending, Progress
from mechgrok.training.recorder import Recorder
from mechgrok.training.staged_batches import check_stages
from mechgrok.training.trainer import Trainer

log = logging.getLogger(__name__)

STACKED = "stacked"
"""The entry of execution.json with the number of runs that a run is stacked with."""
NO_FILES: Mapping[str, bytes] = {}
NO_ENTRIES: Mapping[str, int] = {}


def begin(config: Config, out: Path, execution: Execution, more: Mapping[str, bytes] = NO_FILES) -> Run:
    """Create the folder of a run, with `more` files if it starts from another run; returns the untrained run.

    Raises UserError if `out` exists, or if parts of the config do not fit each other.
    """
    refuse_existing(out)
    if (config.start.parent or config.start.load) and not more:
        raise UserError("start.load takes weights from another run; name it with: mechgrok finetune PRESET --from RUN --load ...")
    create(out, (files(config, execution) | dict(more)).items())
    return open_run(out)


def files(config: Config, execution: Execution, entries: Mapping[str, int] = NO_ENTRIES) -> dict[str, bytes]:
    """The files of an untrained run, with more `entries` of execution.json.

    Raises UserError if parts of the config do not fit each other.
    """
    task = config.task
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


def resume(run: Run, progress: Progress) -> Ending:
    """Train a run from its newest state to its end, with its first options of execution. Raises UserError if it cannot be resumed."""
    if mixture := parent_mixture(run):
        raise UserError(f"{run.path} is one task of a mixture and shares its weights; go on with: mechgrok train --resume {mixture}")
    if "recorded" in run.execution:
        raise UserError(f"{run.path} was recorded from a loop of one's own; go on with that loop and mechgrok.record")
    if run.is_train is None or "device" not in run.execution:
        raise UserError(f"{run.path} was imported, not trained here; there is nothing to resume")
    if recorder.finished(run.path):
        return Ending(recorder.restore_last(run.path), "it is finished already")
    if STACKED in run.execution:
        log.warning(
            "%s was trained in a stack of %d runs; alone its numbers are the same but for rounding", run.name, run.execution[STACKED]
        )
    execution = execution_of(run)
    needs.check(run.config, int(run.is_train.sum()), execution.device)
    with locked(run.path), subnormals.flushed(execution.subnormals == "flushed"):
        trainer = Trainer(run.config, run.is_train, execution, run.corrupted, _weights(run))
        return loop.train(trainer, Recorder(run.path, run.config, trainer), progress)


def _weights(run: Run) -> dict[str, Tensor] | None:
    """The initial weights of a run with a parent; None for other runs, whose initial weights are drawn."""
    return store.read_tensors(store.weights_path(run.path, 0))[0] if run.config.start.parent else None


def execution_of(run: Run) -> Execution:
    """The options of execution that the run began with."""
    stored = {"subnormals": "kept"} | run.execution
    options = {field.name: stored.get(field.name, field.default) for field in dataclasses.fields(Execution)}
    try:
        return Execution(**options).resolved()
    except UserError as error:
        raise UserError(f"{run.path} began on device {options['device']} and can only be resumed on that device: {error}") from None
