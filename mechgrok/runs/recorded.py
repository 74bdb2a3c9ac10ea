"""Run folders of networks that were trained elsewhere, or not at all: begun once, then filled checkpoint by checkpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from mechgrok.config import Checkpoints, Config, Training
from mechgrok.data.splits.imported import Given, Unknown
from mechgrok.errors import UserError
from mechgrok.runs import store
from mechgrok.runs.creation import create
from mechgrok.runs.subject import Subject
from mechgrok.tasks.task import Task


def begin(out: Path, subject: Subject, is_train: np.ndarray | None, settings: Mapping[str, Any]) -> None:
    """Creates the folder of a run without a checkpoint. Raises UserError where it is taken."""
    origin = {"type": type(subject.module).__name__, "notes": subject.notes}
    config = Config(
        task=subject.task,
        split=Unknown() if is_train is None else Given(),
        model=subject.model,
        training=Training(**settings.get("training", {})),
        checkpoints=Checkpoints(**settings.get("checkpoints", {})),
    )
    files = {store.CONFIG: config.model_dump_json(indent=1).encode(), store.EXECUTION: json.dumps({"recorded": origin}).encode()}
    if is_train is not None:
        files[store.SPLIT] = save({"is_train": is_train.astype(np.uint8)})
    create(out, files.items())


def keep(run: Path, subject: Subject, step: int) -> None:
    """Writes the checkpoint of a step: first what lies beside it, so that a checkpoint never lacks it."""
    weights = subject.weights()
    beside = subject.beside(weights)
    if beside:
        store.write_checkpoint(store.module_path(run, step), beside)
    store.write_checkpoint(store.weights_path(run, step), weights)


def train_mask(task: Task, is_train: Any) -> np.ndarray | None:
    """The train rows (n,), bool, from a mask or from the numbers of the train rows; None where they are not known.

    Raises UserError where they do not fit the table.
    """
    if is_train is None:
        return None
    rows, given = len(task.labels()), _flat(is_train)
    shape = getattr(is_train, "shape", None)
    if shape is not None and sum(size != 1 for size in shape) > 1 and len(given) != rows:
        raise UserError(f"is_train has shape {tuple(shape)}; give a mask of the table's {rows} rows, or the numbers of the train rows")
    if len(given) == rows and (given.dtype == bool or np.isin(given, (0, 1)).all()):
        return given.astype(bool)
    if given.dtype == bool or not np.issubdtype(given.dtype, np.integer) or not len(given):
        raise UserError(f"is_train has {len(given)} entries of {given.dtype}; give a mask of the table's {rows} rows, or row numbers")
    if given.min() < 0 or given.max() >= rows:
        raise UserError(f"is_train names row {given.max() if given.max() >= rows else given.min()}; the table has rows 0 to {rows - 1}")
    return np.isin(np.arange(rows), given)


def _flat(is_train: Any) -> np.ndarray:
    try:
        return np.asarray(is_train.cpu() if hasattr(is_train, "cpu") else is_train).ravel()
    except ValueError as error:
        raise UserError(f"is_train is no array ({error}); give a mask of the table's rows, or row numbers") from None
