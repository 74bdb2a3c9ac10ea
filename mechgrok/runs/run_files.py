"""The files of a run: config, split, metrics and checkpoints, each read at its first use."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mechgrok.errors import UserError
from mechgrok.runs import store
from mechgrok.runs.stored.configs import require_valid
from mechgrok.runs.stored.objects import read_execution, read_object
from mechgrok.runs.stored.readings import readings, whole_lines

if TYPE_CHECKING:
    import pandas as pd

    from mechgrok.config import Config
    from mechgrok.data.corruptions.corruption import Labels
    from mechgrok.tasks.task import Task


class RunFiles:
    """The stored part of a run. Nothing is computed and nothing is written."""

    def __init__(self, path: Path, results: Path | None = None) -> None:
        self.path = path
        self._results = results

    @property
    def beside(self) -> Path:
        """The folder of its results and report: that of the run, or one of its name in the folder that `open_run` was given."""
        return self.path if self._results is None else self._results / self.name

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.resolve().name

    @cached_property
    def config(self) -> Config:
        """The complete configuration of the run."""
        from mechgrok import config

        return config.read(self._config_text, str(self.path / store.CONFIG))

    @cached_property
    def _config_text(self) -> str:
        path = self.path / store.CONFIG
        try:
            return path.read_text("utf-8", "replace")
        except OSError as error:
            raise UserError(f"{path} cannot be read ({error.strerror}); restore it from a copy") from None

    @cached_property
    def stored_config(self) -> dict[str, Any]:
        """`config.json` as plain data, read without building its parts, which may need torch.

        Raises
        ------
        UserError
            If the file cannot be read, holds no JSON object, or a part that can be checked without torch is not valid.
        """
        path = self.path / store.CONFIG
        found = read_object(path, self._config_text)
        require_valid(found, str(path))
        return found

    def kind(self, part: str) -> str | None:
        """The `kind` of a part of the config.

        Parameters
        ----------
        part : str
            Such as "task" or "model".

        Returns
        -------
        str or None
            None where the config gives none.
        """
        found = self.stored_config.get(part)
        return found.get("kind") if isinstance(found, dict) else None

    @property
    def task(self) -> Task:
        """The task that the run is trained on."""
        return self.config.task

    @cached_property
    def execution(self) -> dict[str, Any]:
        """Device, threads and forward pass of the training, or the file that the run was imported from; empty if not recorded."""
        path = self.path / store.EXECUTION
        return read_execution(path) if path.is_file() else {}

    @property
    def notes(self) -> tuple[str, ...]:
        """Of a network in memory, and of a run that was recorded from one: how it and its task fit."""
        return tuple(self.execution.get("recorded", {}).get("notes", ()))

    @cached_property
    def lineage(self) -> dict[str, Any] | None:
        """The checkpoint that the run started from: run, step, hash of the weights, config and lineage of the parent.

        None for a run that started from initial weights.
        """
        path = self.path / store.LINEAGE
        return read_object(path) if path.is_file() else None

    @cached_property
    def steps(self) -> list[int]:
        """The steps that have a checkpoint, ascending."""
        return sorted(int(path.stem) for path in (self.path / store.WEIGHTS).glob("*.safetensors") if path.stem.isdigit())

    @cached_property
    def _with_checkpoint(self) -> frozenset[int]:
        return frozenset(self.steps)

    @cached_property
    def curves_only(self) -> bool:
        """Whether the run was imported from a log, which holds curves and no network."""
        return "imported" in self.execution and not self.steps

    @property
    def last_step(self) -> int:
        """The step of the last checkpoint.

        Raises
        ------
        UserError
            If there is no checkpoint.
        """
        if self.curves_only:
            raise UserError(f"{self.path} holds imported curves and no network; to analyze the curves: mechgrok analyze {self.path}")
        if not self.steps:
            begun = "recorded" in self.execution
            remedy = "run the loop that mechgrok.record records" if begun else f"train it with: mechgrok train --resume {self.path}"
            raise UserError(f"{self.path} has no checkpoint yet; {remedy}")
        return self.steps[-1]

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """The metrics recorded during training: step, split, loss (cross-entropy, nats a row), accuracy (share).

        Splits are train and test, and parts of them such as train-clean or, in a mixture, train-add. A run that was trained on another
        loss has the column trained_loss as well: that loss without penalties, in a mixture the sum over tasks of their mean losses.
        """
        return self._readings(store.METRICS, ("step", "split", "loss", "accuracy"), ("split",))

    @cached_property
    def probes(self) -> pd.DataFrame:
        """The values of probes: step of the weights that an update started from, probe, name, value; empty without probes."""
        return self._readings(store.PROBES, ("step", "probe", "name", "value"), ("probe", "name"))

    def _readings(self, name: str, columns: tuple[str, ...], texts: tuple[str, ...]) -> pd.DataFrame:
        return readings(self.path / name, self._recorded[name], columns, texts)

    @cached_property
    def _recorded(self) -> dict[str, bytes | None]:
        """The tables that training writes, read once: they may grow meanwhile, and a result and its stamp have to rest on the same rows."""
        return {name: whole_lines(self.path / name) for name in (store.METRICS, store.PROBES)}

    @cached_property
    def is_train(self) -> np.ndarray | None:
        """The train mask (n,), bool; None where the split is unknown."""
        try:
            return None if self._split is None else self._split["is_train"].astype(bool)
        except KeyError as error:
            raise self._lacking("rows are train", error) from None

    @cached_property
    def corrupted(self) -> Labels | None:
        """The labels of the rows (n,), true and trained with, of a run with corrupted labels; None for other runs."""
        from mechgrok.data.corruptions.corruption import Labels

        if self.config.corruption.kind == "none":
            return None
        try:
            return Labels.from_arrays(self.task.labels(), self._split or {})
        except KeyError as error:
            raise self._lacking("labels are corrupted", error) from None

    @cached_property
    def _split(self) -> dict[str, np.ndarray] | None:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        path = self.path / store.SPLIT
        try:
            return load_file(path) if path.is_file() else None
        except SafetensorError as error:
            raise self._lacking("rows are train", error) from None

    def _lacking(self, what: str, error: Exception) -> UserError:
        return UserError(f"{self.path / store.SPLIT} does not record which {what} ({error}); restore it from a copy")

    def weights_path(self, step: int) -> Path:
        """The file of a checkpoint.

        Parameters
        ----------
        step : int

        Returns
        -------
        Path

        Raises
        ------
        UserError
            If there is no checkpoint at this step.
        """
        if step not in self._with_checkpoint:
            near = min(self.steps, key=lambda other: abs(other - step), default=None)
            raise UserError(f"{self.path} has no checkpoint at step {step}; the nearest is {near}")
        return store.weights_path(self.path, step)
