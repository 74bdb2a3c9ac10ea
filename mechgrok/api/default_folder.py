"""The default folder of a run, named after its preset and the values that users change most often."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mechgrok.config import Config
    from mechgrok.tasks.task import Task

TASK_FIELDS = ("operation", "operations", "expression", "group")
"""The fields that define what a task computes."""


def default_folder(name: str, config: Config, preset: Config, seeds: str = "") -> Path:
    """checkpoints/NAME-p113-s0; after NAME the task, where it is not that of the preset, and the frozen groups. `seeds` as in 0-31."""
    task, usual = config.task, preset.task
    kind = [] if type(task) is type(usual) else [str(task.model_dump()["kind"])]
    learnt = [*kind, *_learnt(task)] if kind or _learnt(task) != _learnt(usual) else []
    frozen = [f"{group}-frozen" for group in config.start.freeze]
    return Path("checkpoints", as_name("-".join([name, *learnt, *frozen, f"p{task.numbers}", f"s{seeds or config.model.seed}"])))


def as_name(words: str) -> str:
    """The same without what a shell or a file system would take for something else."""
    return re.sub(r"[^\w+.-]+", "_", words)


def _learnt(task: Task) -> list[str]:
    values = [getattr(task, key) for key in TASK_FIELDS if hasattr(task, key)]
    return [word for each in values for word in ([each] if isinstance(each, str) else each)]
