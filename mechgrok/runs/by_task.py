"""A run of a mixture as runs of one task each, so that every measure of a run can be computed for each of its tasks."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import numpy as np
from safetensors.numpy import save

from mechgrok.errors import UserError
from mechgrok.runs import store
from mechgrok.runs.run import Run, open_run
from mechgrok.tasks.parts import as_mixture

TASKS = "tasks"
"""The folder of the runs of single tasks, below the run of the mixture."""


def by_task(run: Run) -> dict[str, Run]:
    """RUN/tasks/<task>, by the name of the task: its rows with their sides of the split, its metrics, and the checkpoints of all tasks.

    The folders are written again, with what the run holds by now; their checkpoints are links to those of the run.
    Raises UserError where the run has one task alone.
    """
    mixture = as_mixture(run.task)
    if mixture is None:
        raise UserError(f"{run.path} has one task alone; analyze it without --by-task")
    of_row = mixture.task_of_row()
    return {name: open_run(_written(run, of_row == number, name)) for number, name in enumerate(mixture.task_names)}


def parent_mixture(run: Run) -> Path | None:
    """The folder of the mixture that this run is a task of; None for other runs."""
    return run.path.parent.parent if (run.path / store.WEIGHTS).is_symlink() and run.path.parent.name == TASKS else None


def full_name(run: Run) -> str:
    """The name of a run; for a task of a mixture, preceded by the name of the mixture."""
    mixture = parent_mixture(run)
    return f"{mixture.resolve().name}/{TASKS}/{run.name}" if mixture else run.name


def folder_name(task: str) -> str:
    """The folder name of a task: its name, with characters such as / escaped (`a/b` becomes `a%2Fb`)."""
    return quote(task, safe="+()^*, ")


def _written(run: Run, mask: np.ndarray, name: str) -> Path:
    place = run.path / TASKS / folder_name(name)
    config = json.loads((run.path / store.CONFIG).read_bytes())
    config["task"]["only"] = name
    store.write(place / store.CONFIG, json.dumps(config, indent=1).encode())
    _write_rows(run, mask, place)
    _write_metrics(run, name, place)
    if (run.path / store.EXECUTION).is_file():
        store.write(place / store.EXECUTION, (run.path / store.EXECUTION).read_bytes())
    if not (place / store.WEIGHTS).is_symlink():
        (place / store.WEIGHTS).symlink_to(Path("..", "..", store.WEIGHTS), target_is_directory=True)
    return place


def _write_rows(run: Run, mask: np.ndarray, place: Path) -> None:
    """The split and, in a run with corrupted labels, the labels, at the rows of the task."""
    from safetensors.numpy import load_file

    if (run.path / store.SPLIT).is_file():
        of_rows = {key: values[mask] for key, values in load_file(run.path / store.SPLIT).items()}
        store.write(place / store.SPLIT, save(of_rows))


def _write_metrics(run: Run, name: str, place: Path) -> None:
    """The metrics of the task, with its splits named train and test."""
    splits = {f"{split}-{name}": split for split in ("train", "test")}
    own = run.metrics[run.metrics["split"].isin(list(splits))]
    store.write(place / store.METRICS, own.assign(split=own["split"].map(splits)).to_csv(index=False).encode())
