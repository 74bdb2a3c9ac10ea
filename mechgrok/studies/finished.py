"""Whether a run of a study has ended."""

from __future__ import annotations

from pathlib import Path

from mechgrok.errors import UserError
from mechgrok.runs import store
from mechgrok.runs.run_files import RunFiles


def is_finished(path: Path) -> bool:
    """Whether a run ended. A folder without a readable config is none."""
    from mechgrok.training import recorder

    if (path / store.STATE).is_file():
        return recorder.finished(path)
    try:
        return is_finished_copy(path, RunFiles(path).config.training.steps)
    except UserError:
        return False


def is_finished_copy(path: Path, steps: int) -> bool:
    """Whether a folder without the state of the optimiser has the checkpoint of its last step; no training goes on from it."""
    return store.weights_path(path, steps).is_file() and not (path / store.STATE).is_file()
