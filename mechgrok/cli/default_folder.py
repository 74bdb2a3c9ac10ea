"""Where a run goes when nobody says: named after its preset and what a user is most likely to change."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mechgrok.config import Config
    from mechgrok.tasks.task import Task

TELLING = ("operation", "operations", "expression", "group")
"""The fields that say what a task of a kind is about."""


def default_folder(name: str, config: Config, preset: Config) -> Path:
    """checkpoints/NAME-p113-s0; between them what is learnt, where the preset says something else, and what is frozen."""
    task, usual = config.task, preset.task
    kind = [] if type(task) is type(usual) else [str(task.model_dump()["kind"])]
    learnt = [*kind, *_learnt(task)] if kind or _learnt(task) != _learnt(usual) else []
    frozen = [f"{group}-frozen" for group in config.start.freeze]
    return Path("checkpoints", as_name("-".join([name, *learnt, *frozen, f"p{task.numbers}", f"s{config.model.seed}"])))


def as_name(words: str) -> str:
    """The same without what a shell or a file system would take for something else."""
    return re.sub(r"[^\w+.-]+", "_", words)


def _learnt(task: Task) -> list[str]:
    told = [getattr(task, key) for key in TELLING if hasattr(task, key)]
    return [word for each in told for word in ([each] if isinstance(each, str) else each)]
