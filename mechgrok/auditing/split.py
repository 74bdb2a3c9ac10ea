"""The split and the changed labels of a run, against those that its config describes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mechgrok.auditing.finding import Finding
from mechgrok.runs import store
from mechgrok.runs.run import Run

_NOT_DRAWN = ("file", "unknown", "given")
"""Kinds of split that are not drawn again from the config."""


def split(run: Run) -> Iterator[Finding]:
    """A mask or labels that the config does not give; nothing where the split was not drawn here."""
    config, mask = run.config, run.is_train
    if mask is None:
        return
    if mask.shape != (run.task.row_count,):
        yield Finding(store.SPLIT, f"it holds {mask.size} rows and the task has {run.task.row_count}; restore it from a copy")
        return
    if "device" not in run.execution or config.split.kind in _NOT_DRAWN:
        return
    drawn = config.split.train_rows(run.task)
    if np.array_equal(mask, ~drawn):
        yield Finding(
            store.SPLIT, "the mask is turned over: its train rows are the test rows of the config's split; restore it from a copy"
        )
    elif not np.array_equal(mask, drawn):
        yield Finding(
            store.SPLIT, f"{int((mask != drawn).sum())} rows are not on the side that the config's split gives; restore it from a copy"
        )
    else:
        yield from _labels(run, mask)


def _labels(run: Run, mask: np.ndarray) -> Iterator[Finding]:
    """Stored labels that are not those of the config's corruption."""
    stored, made = run.corrupted, run.config.corruption.labels(run.task, mask)
    if stored is None or made is None:
        return
    for name, expected in made.arrays().items():
        different = int((stored.arrays()[name] != expected).sum())
        if different:
            yield Finding(store.SPLIT, f"{name} differs from what task and corruption give on {different} rows; restore it from a copy")
