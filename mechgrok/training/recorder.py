"""The files that training writes. They are ordered so that a kill at any moment loses the steps since the last state alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from torch import Tensor

from mechgrok.config import Config
from mechgrok.errors import UserError
from mechgrok.runs import store
from mechgrok.training.evaluation.scores import Evaluation
from mechgrok.training.growing_csv import GrowingCsv
from mechgrok.training.objective import is_recorded
from mechgrok.training.probing import Reading
from mechgrok.training.recording_steps import RecordingSteps

_METRICS = ("step", "split", "loss", "accuracy")
_ERRORS = ("rows", "loss_error", "accuracy_error")
_PROBES = ("step", "probe", "name", "value")


class Trained(Protocol):
    """The tensors of a run in training."""

    @property
    def parameters(self) -> Mapping[str, Tensor]:
        """The weights by TransformerLens name."""

    def state(self) -> Mapping[str, Tensor]:
        """The tensors that later updates depend on."""

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Restore a state exactly."""


class Recorder:
    """Writes the metrics, the numbers of probes, the checkpoints and the state of one run."""

    def __init__(self, run: Path, config: Config, trainer: Trained) -> None:
        self.run = run
        self.steps = RecordingSteps(config)
        self.trainer = trainer
        # If the minimised loss is not the recorded cross-entropy, it has its own column.
        self._trains_another = not is_recorded(config)
        # If the evaluated rows are a sample of a split, their number and the standard errors have columns too.
        self._samples = config.training.evaluate_rows is not None
        header = (*_METRICS, *["trained_loss"] * self._trains_another, *_ERRORS[: 3 * self._samples])
        self._metrics = GrowingCsv(run / store.METRICS, header)
        self._probes = GrowingCsv(run / store.PROBES, _PROBES)
        self._tables = {"metrics": self._metrics} | ({"probes": self._probes} if config.training.probes else {})

    def begin(self) -> int | None:
        """Restore the newest state, and truncate the tables to their lengths at that time; returns its step, or None for a new run.

        Raises UserError if the state does not belong to this run, or rows that were recorded before it are missing.
        """
        store.remove_partial_files(self.run)
        path = self.run / store.STATE
        if not path.is_file():
            for table in self._tables.values():
                table.begin()
            return None
        state, notes = store.read_tensors(path)
        try:
            step, _ = int(notes["step"]), [int(notes[name]) for name in self._tables]
            self.trainer.restore(state)
        except (KeyError, ValueError, RuntimeError):
            raise UserError(f"{path} is not a state of this run; restore it from a copy, or delete it to start over") from None
        for name, table in self._tables.items():
            table.require(name, notes)
        for name, table in self._tables.items():
            table.cut(name, notes)
        return step

    def record(self, step: int, evaluations: Sequence[Evaluation]) -> None:
        """Append a row of metrics for each evaluation, in one write."""
        self._metrics.append([(step, *self._cells(each)) for each in evaluations])

    def _cells(self, each: Evaluation) -> tuple[object, ...]:
        own = (repr(each.objective),) if self._trains_another else ()
        errors = (each.rows, repr(each.loss_error), repr(each.accuracy_error)) if self._samples else ()
        return each.split, repr(each.loss), repr(each.accuracy), *own, *errors

    def probe(self, step: int, readings: Sequence[Reading]) -> None:
        """Append the numbers of the probes for the update that starts from the weights of a step, in one write."""
        self._probes.append([(step, each.probe, each.name, repr(each.value)) for each in readings])

    def keep(self, step: int) -> None:
        """Write the checkpoint of a step, then the state. In this order, a state never lacks its checkpoint."""
        self.keep_weights(step)
        self.save(step)

    def keep_weights(self, step: int) -> None:
        """Write the checkpoint of a step."""
        store.write_checkpoint(store.weights_path(self.run, step), self.trainer.parameters)

    def save(self, step: int, finished: bool = False) -> None:
        """Write the state, from which a resumed run continues."""
        self.write_state(store.STATE, {"step": str(step), "finished": str(int(finished))} | self.extents())

    def extents(self) -> dict[str, str]:
        """The present sizes and checksums of the tables, which the state holds."""
        return {note: text for name, table in self._tables.items() for note, text in table.extent(name).items()}

    def write_state(self, name: str, notes: Mapping[str, str]) -> None:
        """Write the state with these notes to a file of the run. The tables are flushed to the disk first."""
        for table in self._tables.values():
            table.flush()
        store.write_tensors(self.run / name, self.trainer.state(), notes)

    def history(self) -> list[Evaluation]:
        """The recorded evaluations, oldest first."""
        return [_evaluation(row) for row in self._metrics.rows()]


def _evaluation(row: Mapping[str, str]) -> Evaluation:
    trained = float(row["trained_loss"]) if "trained_loss" in row else None
    return Evaluation(row["split"], 0, float(row["loss"]), float(row["accuracy"]), trained)


def finished(run: Path) -> bool:
    """Whether a run has ended at its last step or by a stopping rule."""
    path = run / store.STATE
    return path.is_file() and store.read_notes(path).get("finished") == "1"


def saved_step(run: Path) -> int | None:
    """The step of the newest state of a run; None where it has none."""
    path = run / store.STATE
    return int(store.read_notes(path)["step"]) if path.is_file() else None


def restore_last(run: Path) -> int:
    """The last step of a finished run. If its checkpoint was deleted, it is written again from the state."""
    state, notes = store.read_tensors(run / store.STATE)
    path = store.weights_path(run, int(notes["step"]))
    if not path.is_file():
        store.write_tensors(path, {name.removeprefix("weights."): state[name] for name in state if name.startswith("weights.")})
    return int(notes["step"])
