"""Functions that begin and resume runs."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from mechgrok.config import Config
from mechgrok.errors import UserError
from mechgrok.models import subnormals
from mechgrok.runs import store
from mechgrok.runs.by_task import parent_mixture
from mechgrok.runs.creation import create, refuse_existing
from mechgrok.runs.locks.locking import locked
from mechgrok.runs.run import Run, open_run
from mechgrok.training import loop, needs, recorder
from mechgrok.training.execution import Execution, began_with
from mechgrok.training.loop import Ending, Progress
from mechgrok.training.recorder import Recorder
from mechgrok.training.stack import launch as stack
from mechgrok.training.stack.plan import stacks
from mechgrok.training.trainer import Trainer
from mechgrok.training.untrained import NO_ENTRIES, STACKED, files

log = logging.getLogger(__name__)

NO_FILES: Mapping[str, bytes] = {}


def begin(
    config: Config,
    out: Path,
    execution: Execution,
    more: Mapping[str, bytes] = NO_FILES,
    entries: Mapping[str, int | str] = NO_ENTRIES,
) -> Run:
    """Create the folder of a run, with `more` files if it starts from another run, and `entries` if it is in a stack; returns the run.

    Raises UserError if `out` exists, or if parts of the config do not fit each other.
    """
    refuse_existing(out)
    if (config.start.parent or config.start.load) and not more:
        raise UserError("start.load takes weights from another run; name it with: mechgrok finetune PRESET --from RUN --load ...")
    settled = execution.resolved()
    alone = {STACKED: 1} if stacks({0: config}, settled) else {}
    create(out, (files(config, settled, entries or alone) | dict(more)).items())
    return open_run(out)


def resume_all(runs: Sequence[Run], progress: Progress) -> dict[Path, Ending]:
    """Train a run, or several as a stack, from their newest states to their ends."""
    return stack.resume(runs, progress) if len(runs) > 1 else {runs[0].path: resume(runs[0], progress)}


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
        return _resume_stacked(run, progress)
    execution = began_with(run)
    needs.check(run.config, int(run.is_train.sum()), execution.device)
    with locked(run.path), subnormals.flushed(execution.subnormals == "flushed"):
        trainer = Trainer(run.config, run.is_train, execution, run.corrupted, _weights(run))
        return loop.train(trainer, Recorder(run.path, run.config, trainer), progress)


def _weights(run: Run) -> dict[str, Tensor] | None:
    """The initial weights of a run with a parent; None for other runs, whose initial weights are drawn."""
    return store.read_tensors(store.weights_path(run.path, 0))[0] if run.config.start.parent else None


def _resume_stacked(run: Run, progress: Progress) -> Ending:
    """Train a run as a stack of its own."""
    others = run.execution[STACKED]
    if others > 1:
        log.warning("%s was trained in a stack of %d runs; alone its numbers are the same but for rounding", run.name, others)
    return stack.resume([run], progress)[run.path]
