"""Checkpoints: their checksums, names and shapes, the steps that have one, and the newest state."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from mechgrok.auditing.finding import Finding
from mechgrok.errors import UserError
from mechgrok.runs import store
from mechgrok.runs.lazy_weights import LazyWeights
from mechgrok.runs.locks.locking import is_locked
from mechgrok.runs.run import Run
from mechgrok.training.recorder import finished, saved_step
from mechgrok.training.recording_steps import RecordingSteps

_SHOWN = 5
"""Steps that a finding lists."""


def place(step: int) -> str:
    """The path of a checkpoint in its run."""
    return f"{store.WEIGHTS}/{step:08d}.safetensors"


def damaged(run: Run, step: int) -> Finding | None:
    """A checkpoint that cannot be read, has changed since it was written, or is not of the run's network; None for a good one."""
    path = run.weights_path(step)
    try:
        store.read_tensors(path)
        LazyWeights(path).require(run.network.shapes)
    except UserError as error:
        return Finding(place(step), str(error).removeprefix(f"{path} ").removeprefix(f"{path}: "))
    return None


def steps(run: Run) -> Iterator[Finding]:
    """Checkpoints that training keeps and the folder lacks, and those of steps that it does not reach or keep.

    Of an imported or recorded run no steps are expected; of a run that is trained now, those after its state are in progress.
    """
    if "device" not in run.execution or is_locked(run.path):
        return
    last, kept = saved_step(run.path), RecordingSteps(run.config)
    reached = -1 if last is None else last
    expected = {step for step in range(reached + 1) if kept.keeps(step)} | ({reached} if finished(run.path) else set())
    if missing := sorted(expected - set(run.steps)):
        yield Finding(store.WEIGHTS, f"no checkpoint at {_listed(missing)}, where training keeps one; restore them from a copy")
    if unknown := sorted(step for step in run.steps if step <= reached and step not in expected):
        yield Finding(store.WEIGHTS, f"checkpoints at {_listed(unknown)}, where this run keeps none; they may be of another run")
    # A process that is killed between a checkpoint and its state leaves one.
    if len(later := [step for step in run.steps if step > reached]) > 1:
        yield Finding(store.WEIGHTS, f"checkpoints at {_listed(later)}, and the state is of step {reached}; they may be of another run")


def state(run: Run) -> Iterator[Finding]:
    """A state that differs from the checkpoint of its step."""
    path = run.path / store.STATE
    if "device" not in run.execution or not path.is_file():
        return
    tensors, notes = store.read_tensors(path)
    step = int(notes["step"])
    if step not in run.steps:
        return
    weights, _ = store.read_tensors(run.weights_path(step))
    different = [name for name, values in weights.items() if not _equal(values, tensors.get(f"weights.{name}"))]
    if different:
        yield Finding(
            place(step), f"{different[0]} differs from that in {store.STATE}, which is of the same step; restore both from a copy"
        )


def _equal(one: torch.Tensor, other: torch.Tensor | None) -> bool:
    return other is not None and torch.equal(one, other)


def _listed(found: list[int]) -> str:
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"step {', '.join(map(str, found[:_SHOWN]))}{more}"
