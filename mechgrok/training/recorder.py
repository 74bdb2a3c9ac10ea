"""What is written when, so that a kill at any moment loses only the steps since the last state."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path

from mechgrok.config import Config
from mechgrok.errors import UserError
from mechgrok.runs import store
from mechgrok.training.schedule import Schedule
from mechgrok.training.trainer import Evaluation, Trainer

_HEADER = ("step", "split", "loss", "accuracy")


class Recorder:
    """Writes metrics, checkpoints and the state of one run."""

    def __init__(self, run: Path, config: Config, trainer: Trainer) -> None:
        self.run = run
        self.schedule = Schedule(config)
        self.trainer = trainer
        self._metrics = run / store.METRICS

    def begin(self) -> int | None:
        """Puts the newest state back, and the metrics to the length that they had then. The step it is of; None for a fresh run.

        Raises UserError where the state is not this run's, or metrics that it counts on are gone.
        """
        store.sweep(self.run)
        path = self.run / store.STATE
        if not path.is_file():
            self._metrics.write_bytes(_lines([_HEADER]))
            return None
        state, notes = store.read_tensors(path)
        try:
            step, length = int(notes["step"]), int(notes["metrics"])
            self.trainer.restore(state)
        except (KeyError, ValueError, RuntimeError):
            raise UserError(f"{path} is not a state of this run; restore it from a copy, or delete it to start over") from None
        self._cut(length)
        return step

    def _cut(self, length: int) -> None:
        if not self._metrics.is_file() or self._metrics.stat().st_size < length:
            advice = f"restore it from a copy, or delete {store.STATE} to start over"
            raise UserError(f"{self._metrics} lacks rows that the state counts on; {advice}")
        os.truncate(self._metrics, length)

    def record(self, step: int, evaluations: Sequence[Evaluation]) -> None:
        """Appends a row of metrics for each split, in one write."""
        rows = [(step, each.split, repr(each.loss), repr(each.accuracy)) for each in evaluations]
        with self._metrics.open("ab", buffering=0) as file:
            file.write(_lines(rows))

    def keep(self, step: int) -> None:
        """Writes the checkpoint of a step, then the state; in this order, a state never lacks its checkpoint."""
        store.write_tensors(store.weights_path(self.run, step), self.trainer.parameters)
        self.save(step)

    def save(self, step: int, finished: bool = False) -> None:
        """Writes the state: whoever resumes goes on from here, with the metrics up to here, which go to the disk first."""
        with self._metrics.open("rb") as file:
            os.fsync(file.fileno())
        notes = {"step": str(step), "metrics": str(self._metrics.stat().st_size), "finished": str(int(finished))}
        store.write_tensors(self.run / store.STATE, self.trainer.state(), notes)

    def history(self) -> list[Evaluation]:
        """The recorded test evaluations, oldest first."""
        with self._metrics.open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["split"] == "test"]
        return [Evaluation("test", 0, float(row["loss"]), float(row["accuracy"])) for row in rows]


def finished(run: Path) -> bool:
    """Whether a run has nothing left to do."""
    path = run / store.STATE
    return path.is_file() and store.read_tensors(path)[1].get("finished") == "1"


def restore_last(run: Path) -> int:
    """The last step of a finished run, whose checkpoint is written again from the state where it is gone."""
    state, notes = store.read_tensors(run / store.STATE)
    path = store.weights_path(run, int(notes["step"]))
    if not path.is_file():
        store.write_tensors(path, {name.removeprefix("weights."): state[name] for name in state if name.startswith("weights.")})
    return int(notes["step"])


def _lines(rows: Sequence[Sequence[object]]) -> bytes:
    return "".join(",".join(map(str, row)) + "\n" for row in rows).encode()
