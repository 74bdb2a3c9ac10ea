"""`mechgrok.record`: a loop of the user becomes a run."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from mechgrok.errors import UserError
from mechgrok.runs import recorded, store
from mechgrok.runs.locks.locking import locked
from mechgrok.runs.run import Run
from mechgrok.runs.subject import Subject
from mechgrok.tasks.task import Task
from mechgrok.training.recording import optimizer_state
from mechgrok.training.recording.loop_recorder import LoopRecorder
from mechgrok.training.recording.schedule import Schedule


class Recording(AbstractContextManager[LoopRecorder]):
    """A recording that a `with` block begins and ends."""

    def __init__(self, recorder: AbstractContextManager[LoopRecorder]) -> None:
        self._recorder = recorder

    def __enter__(self) -> LoopRecorder:
        return self._recorder.__enter__()

    def __exit__(self, *error: Any) -> bool | None:
        return self._recorder.__exit__(*error)

    def __call__(self, *_: Any, **__: Any) -> None:
        """Raises UserError: outside of a block nothing would be recorded."""
        raise UserError("a recording begins with its block: with mechgrok.record(...) as recorder")


def record(
    model: Any,
    task: Task,
    out: str | Path,
    *,
    is_train: Any = None,
    names: Mapping[str, str] | None = None,
    optimizer: Any = None,
    every: int = 100,
    log_spaced: int = 12,
    at: Collection[int] = (),
    metrics_every: int = 20,
) -> Recording:
    """A recorder for a training loop of one's own, as a context manager. What it records is a run like any other.

    `recorder(step, train_loss=loss)`, called after each update with the number of updates so far, keeps the weights at the steps of
    the schedule, with loss and accuracy on the table; at other steps it returns at once. Numbers that the loop gives (train_loss,
    train_accuracy, test_loss, test_accuracy) take the place of those of the table. At the end of the block the last weights are kept.

    A loop that was killed goes on from the last whole step: `for step in range(recorder.restore() or 1, steps + 1)`.

    Parameters
    ----------
    model : torch.nn.Module or callable
        The network that is trained. The run of a HookedTransformer, or of a module in plain PyTorch that is recognised, needs no module
        later; that of another one is opened with `open_run(path, module=model)`.
    task : Task
        What it learns.
    out : str or Path
        The folder of the run: a new one, or one that was recorded from the same network and goes on.
    is_train : array, optional
        The train rows, as a mask or as row numbers.
    names : mapping of str to str, optional
        Places of weights and activations in the module, as for `analyze`; without them it may be recognised.
    optimizer : torch.optim.Optimizer, optional
        Its state is stored with the last step, for `recorder.restore()`.
    every : int
        Steps between two checkpoints.
    log_spaced : int
        About this number of further checkpoints in each factor of 10 before the first of these.
    at : collection of int
        Further steps to keep.
    metrics_every : int
        Steps between two records of the numbers that the loop gives.

    Returns
    -------
    Recording
        A context manager. It gives a `LoopRecorder`, which is called with a step; its `step` is the last one that is recorded whole.

    Raises
    ------
    UserError
        Where the folder holds something else, or the module cannot be called on rows of the task.

    Examples
    --------
    >>> net, task = torch.nn.Embedding(5, 5), mechgrok.tasks.Table(rows=[[0], [1], [2], [3]], labels=[1, 2, 3, 4])
    >>> optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
    >>> tokens, labels = torch.from_numpy(task.inputs()), torch.from_numpy(task.labels())
    >>> with mechgrok.record(net, task, "mine", every=10) as recorder:
    ...     for step in range(1, 21):
    ...         loss = torch.nn.functional.cross_entropy(net(tokens)[:, -1], labels)
    ...         loss.backward()
    ...         optimizer.step()
    ...         recorder(step, train_loss=loss)
    >>> mechgrok.open_run("mine", module=net).steps
    [1, 2, 3, 4, 5, 6, 7, 8, 10, 20]
    """
    schedule = Schedule.of(every, log_spaced, at, metrics_every)
    optimizer_state.require_optimizer(optimizer)
    return Recording(_recording(model, task, Path(out), is_train, names, optimizer, schedule))


@contextmanager
def _recording(
    model: Any, task: Task, path: Path, is_train: Any, names: Mapping[str, str] | None, optimizer: Any, schedule: Schedule
) -> Iterator[LoopRecorder]:
    subject = Subject.of(model, task, names)
    mask = recorded.train_mask(subject.task, is_train)
    if (path / store.CONFIG).is_file():
        _require_same(path, subject, mask)
    else:
        settings = {"checkpoints": {"every": schedule.every, "log_spaced": schedule.log_spaced, "at": tuple(sorted(schedule.at))}}
        recorded.begin(path, subject, mask, settings)
    with locked(path):
        for note in subject.notes:
            print(f"note: {note}", file=sys.stderr)
        recorder = LoopRecorder(path, subject, schedule, mask, optimizer)
        recorder.begin()
        try:
            yield recorder
            recorder.finish()
        finally:
            recorder.end()


def _require_same(path: Path, subject: Subject, mask: np.ndarray | None) -> None:
    """Raises UserError where a folder is no recorded run, or one of another network, task or split."""
    run = Run(path)
    if "recorded" not in run.execution:
        raise UserError(f"{path} is a run that was not recorded; choose another folder")
    there = {part: run.stored_config.get(part) for part in ("model", "task")}
    now = {"model": json.loads(subject.model.model_dump_json()), "task": json.loads(subject.task.model_dump_json())}
    other = [part for part in there if there[part] != now[part]]
    recorded_mask = np.zeros(0) if run.is_train is None else run.is_train
    other += [] if np.array_equal(recorded_mask, np.zeros(0) if mask is None else mask) else ["split"]
    if other:
        raise UserError(f"{path} was recorded with another {other[0]}; choose another folder, or give the same")
    if run.steps:
        subject.require_same(run)
