"""The recorder of a loop: checkpoints, metrics and a state, ordered so that a kill at any moment loses the steps since the last state."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from operator import index
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mechgrok.errors import UserError, unwritten
from mechgrok.runs import module_files, recorded, store
from mechgrok.runs.grid import Grid
from mechgrok.runs.subject import Subject
from mechgrok.training.growing_csv import GrowingCsv
from mechgrok.training.recording import given_numbers, optimizer_state
from mechgrok.training.recording.schedule import Schedule
from mechgrok.training.recording.table_losses import losses_on

_COLUMNS = ("step", "split", "loss", "accuracy")


class LoopRecorder:
    """Records a training loop into a run; `mechgrok.record` makes one.

    Calling it with a step keeps the weights, the metrics, or nothing, as the schedule has it.

    Parameters
    ----------
    path : Path
        The folder of the run.
    subject : Subject
        The module with its task.
    schedule : Schedule
        The steps that are kept.
    is_train : array or None
        The train rows, as a mask.
    optimizer : torch.optim.Optimizer or None
        Its state is stored with the last step.

    Attributes
    ----------
    path : Path
        The folder of the run.
    step : int or None
        The last step that is recorded whole: where a loop goes on; None for a new run.

    Examples
    --------
    >>> net, task = torch.nn.Embedding(5, 5), mechgrok.tasks.Table(rows=[[0], [1], [2], [3]], labels=[1, 2, 3, 4])
    >>> with mechgrok.record(net, task, "looped", every=10) as recorder:
    ...     for step in range(recorder.restore() or 1, 21):
    ...         _ = torch.nn.init.normal_(net.weight)  # in place of an update
    ...         recorder(step)
    >>> recorder.step
    20
    """

    path: Path
    step: int | None

    def __init__(self, path: Path, subject: Subject, schedule: Schedule, is_train: np.ndarray | None, optimizer: Any) -> None:
        self.path = path
        self.step = None
        self._subject = subject
        self._schedule = schedule
        self._grid = Grid.of(subject.task, is_train)
        self._optimizer = optimizer
        self._metrics = GrowingCsv(path / store.METRICS, _COLUMNS)
        self._called: tuple[int, list[int]] | None = None
        self._last: tuple[int, Mapping[str, Mapping[str, float]]] | None = None
        """The last step that was measured, whose row is not written yet: it may turn out to be the last step of all, which is kept."""
        self._shapes = self._parameters()
        # Found once: to walk through the module would take most of the time of a call that records nothing.
        self._watched = list(subject.module.parameters())
        self._resumed, self._ended = False, False
        self._continues = True
        """Whether the module began with the last weights that are recorded."""

    def begin(self) -> None:
        """Goes on from the newest state: what was written after it is removed."""
        store.remove_partial_files(self.path)
        state = self.path / store.STATE
        if not state.is_file():
            self._begin_anew()
            return
        _, notes = store.read_tensors(state)
        self._metrics.require("metrics", notes)
        self._metrics.cut("metrics", notes)
        self.step, self._resumed = int(notes["step"]), True
        self._continues = self._is_recorded(self.step)
        self._remove_later(self.step)

    def _begin_anew(self) -> None:
        """Removes what was written before the first state. Raises UserError for a run that has lost its state."""
        if len(list((self.path / store.WEIGHTS).glob("*.safetensors"))) > 1:
            raise UserError(f"{self.path} has checkpoints and no {store.STATE}; restore it from a copy, or record into a new folder")
        self._metrics.begin()
        self._remove_later(-1)

    def _remove_later(self, step: int) -> None:
        for folder in (store.WEIGHTS, store.MODULE):
            for path in (self.path / folder).glob("*.safetensors"):
                if path.stem.isdigit() and int(path.stem) > step:
                    path.unlink()

    def __call__(self, step: int, **numbers: Any) -> None:
        """Records a step: `step` counts the updates so far; numbers such as train_loss=loss are read where the schedule records them.

        Raises UserError for a step that was recorded with other weights, and for a number whose name is not one of the metrics.
        """
        given_numbers.check(numbers)
        step = self._checked(step)
        if self._called is None and self._resumed:
            self._note_other_weights(step)
        self._called = (step, self._versions())
        if self._resumed and self.step is not None and step <= self.step:
            self._compare(step)
        elif self._schedule.measures(step):
            self._record(step, given_numbers.by_split(numbers))

    def _checked(self, step: Any) -> int:
        """A step as an integer. Raises UserError for one that does not come after the last one, or after the end."""
        if self._ended:
            raise UserError(f"the recording into {self.path} has ended; call the recorder inside of its block")
        try:
            found = index(step)
        except TypeError:
            raise UserError(f"step is {step!r}; give the number of updates so far, an integer") from None
        if found < 0 or (self._called and found <= self._called[0]):
            after = f"come after step {self._called[0]}" if self._called else "count updates"
            raise UserError(f"step {found} does not {after}; count updates upwards, from 0 or 1")
        return found

    def restore(self) -> int:
        """Puts the weights, and the state of the optimiser, of the last whole step into those that are recorded.

        Returns the number of the next step: 0 for a new run, so that a loop is `for step in range(recorder.restore() or 1, steps + 1)`.
        """
        if self.step is None:
            return 0
        module = self._subject.module
        with torch.no_grad():
            for name, tensor in self._subject.restored(self.path, self.step).items():
                module.get_parameter(name).copy_(tensor)
            for name, tensor in module_files.buffers(self.path, self.step).items():
                module.get_buffer(name).copy_(tensor)
        if self._optimizer is not None:
            optimizer_state.restore(self._optimizer, *store.read_tensors(self.path / store.STATE))
        self._continues = True
        return self.step + 1

    def end(self) -> None:
        """Takes no further steps."""
        self._ended = True
        with _named(self.path):
            self._write_last()

    def finish(self) -> None:
        """Keeps the last weights, as those of the last step that was called, or of the next one where an update has followed."""
        if self._called is None:
            return
        step = self._called[0] + (self._versions() != self._called[1])
        if self.step is None or step > self.step:
            with _named(self.path):
                self._keep(step, {})

    def _versions(self) -> list[int]:
        """How often each parameter has been changed in place."""
        return [parameter._version for parameter in self._watched]

    def _note_other_weights(self, step: int) -> None:
        """States that a loop goes on with other weights than the last recorded ones, such as those of a checkpoint of its own."""
        if self.step is not None and step > self.step and not self._continues:
            goes_on = f"the module did not begin with the weights of step {self.step}, the last one in {self.path}"
            print(f"note: {goes_on}; recorder.restore() puts them back", file=sys.stderr)

    def _is_recorded(self, step: int) -> bool:
        """Whether the weights now are those that are recorded at a step."""
        path = store.weights_path(self.path, step)
        return path.is_file() and _same(store.read_tensors(path)[0], self._subject.weights())

    def _compare(self, step: int) -> None:
        """Raises UserError where a step that is recorded already is passed again with other weights."""
        if store.weights_path(self.path, step).is_file() and not self._is_recorded(step):
            raise UserError(
                f"step {step} is recorded in {self.path} with other weights; go on from step {self.step} with "
                "range(recorder.restore() or 1, steps + 1), or record into a new folder"
            )

    def _record(self, step: int, given: Mapping[str, Mapping[str, float]]) -> None:
        with _named(self.path):
            if self._schedule.keeps(step):
                self._keep(step, given)
            else:
                self._append(step, given)

    def _parameters(self) -> dict[str, tuple[int, ...]]:
        return {name: tuple(each.shape) for name, each in self._subject.module.named_parameters()}

    def _keep(self, step: int, given: Mapping[str, Mapping[str, float]]) -> None:
        """Metrics, then the checkpoint, then the state, which never lacks either."""
        if changed := dict(self._shapes.items() ^ self._parameters().items()):
            raise UserError(f"{min(changed)} of the module was added, removed or got another shape; record it into a new folder")
        if self._last is not None and self._last[0] == step:
            given = self._last[1]
        computed = losses_on(self._grid, self._subject)
        self._append(step, {split: computed.get(split, {}) | dict(given.get(split, {})) for split in {**computed, **given}})
        self._write_last()
        recorded.keep(self.path, self._subject, step)
        tensors, notes = optimizer_state.flat(self._optimizer)
        # A file of safetensors holds at least its header, also without an optimiser.
        self._metrics.flush()
        store.write_tensors(self.path / store.STATE, tensors, {"step": str(step), **self._metrics.extent("metrics"), **notes})
        self.step = step

    def _append(self, step: int, numbers: Mapping[str, Mapping[str, float]]) -> None:
        if self._last is not None and self._last[0] != step:
            self._write_last()
        self._last = step, numbers

    def _write_last(self) -> None:
        waiting, self._last = self._last, None
        if waiting is not None:
            step, numbers = waiting
            rows = [(step, split, _text(values.get("loss")), _text(values.get("accuracy"))) for split, values in numbers.items()]
            self._metrics.append(rows)


@contextmanager
def _named(run: Path) -> Iterator[None]:
    """Raises UserError where a file of a run cannot be written: a loop then ends with the file, the reason and the remedy."""
    try:
        yield
    except OSError as error:
        raise UserError(unwritten(error, error.filename or run)) from None


def _text(value: float | None) -> str:
    return "" if value is None else repr(value)


def _same(stored: Mapping[str, Tensor], now: Mapping[str, Tensor]) -> bool:
    return stored.keys() == now.keys() and all(torch.equal(stored[name], now[name].cpu()) for name in stored)
