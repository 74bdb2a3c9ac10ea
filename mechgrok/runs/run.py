"""A read-only view of a run's folder."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mechgrok import config
from mechgrok.errors import UserError
from mechgrok.runs import store

if TYPE_CHECKING:
    import pandas as pd
    from torch import Tensor
    from transformer_lens.HookedRootModule import HookedRootModule

    from mechgrok.data.corruptions.corruption import Labels
    from mechgrok.runs.grid import Grid
    from mechgrok.runs.snapshot import Snapshot
    from mechgrok.tasks.task import Task


def open_run(path: str | Path) -> Run:
    """The run in a folder.

    Parameters
    ----------
    path : str or Path
        A folder made by `mechgrok train` or `mechgrok import`.

    Returns
    -------
    Run

    Raises
    ------
    UserError
        If the folder does not exist or is no run.

    Examples
    --------
    >>> open_run("run").steps
    [0, 20]
    """
    folder = Path(path)
    if not folder.exists():
        raise UserError(f"there is no {folder}; give the folder of a run (made by mechgrok train or mechgrok import)")
    if not (folder / store.CONFIG).is_file():
        raise UserError(f"{folder} is not a run: it has no {store.CONFIG}")
    return Run(folder)


class Run:
    """A run: its config, recorded metrics and checkpoints.

    Files are read at the first use of a property, once each; nothing is written. `open_run` opens a run and checks that it is one.

    Parameters
    ----------
    path : Path
        The run's folder.

    Examples
    --------
    >>> run.task.p, run.steps, run.last_step
    (11, [0, 20], 20)
    >>> run.snapshot().logits.shape
    torch.Size([121, 11])
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r}, {len(self.steps)} checkpoints)"

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.resolve().name

    @cached_property
    def config(self) -> config.Config:
        """The complete configuration of the run."""
        return config.read(self._config_text, str(self.path / store.CONFIG))

    @cached_property
    def _config_text(self) -> str:
        return (self.path / store.CONFIG).read_text("utf-8", "replace")

    @cached_property
    def stored_config(self) -> dict[str, Any]:
        """`config.json` as plain data, read without building its parts, which may need torch.

        Raises
        ------
        UserError
            If the file cannot be read or holds no JSON object.
        """
        path = self.path / store.CONFIG
        try:
            found = json.loads(self._config_text)
        except (OSError, ValueError) as error:
            raise UserError(f"{path} cannot be read ({error}); restore it from a copy") from None
        if not isinstance(found, dict):
            raise UserError(f"{path} is no config; restore it from a copy")
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
        return self._json(store.EXECUTION) or {}

    @cached_property
    def lineage(self) -> dict[str, Any] | None:
        """The checkpoint that the run started from: run, step, hash of the weights, config and lineage of the parent.

        None for a run that started from initial weights.
        """
        return self._json(store.LINEAGE)

    def _json(self, name: str) -> dict[str, Any] | None:
        """The contents of a JSON file; None where there is none. Raises UserError where it cannot be parsed."""
        path = self.path / name
        try:
            return json.loads(path.read_bytes()) if path.is_file() else None
        except ValueError as error:
            raise UserError(f"{path} is no JSON ({error}); restore it from a copy") from None

    @cached_property
    def steps(self) -> list[int]:
        """The steps that have a checkpoint, ascending."""
        return sorted(int(path.stem) for path in (self.path / store.WEIGHTS).glob("*.safetensors") if path.stem.isdigit())

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
            raise UserError(f"{self.path} has no checkpoint yet; train it with: mechgrok train --resume {self.path}")
        return self.steps[-1]

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """The metrics recorded during training: step, split, loss (cross-entropy, nats a row), accuracy (share).

        Splits are train and test, and parts of them such as train-clean or, in a mixture, train-add. A run that was trained on another
        loss has the column trained_loss as well: that loss without penalties, in a mixture the sum over tasks of their mean losses.
        """
        import pandas as pd

        path = self.path / store.METRICS
        return pd.read_csv(path) if path.is_file() else pd.DataFrame(columns=["step", "split", "loss", "accuracy"])

    @cached_property
    def probes(self) -> pd.DataFrame:
        """The values of probes: step of the weights that an update started from, probe, name, value; empty without probes."""
        import pandas as pd

        path = self.path / store.PROBES
        return pd.read_csv(path) if path.is_file() else pd.DataFrame(columns=["step", "probe", "name", "value"])

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
        if step not in self.steps:
            near = min(self.steps, key=lambda other: abs(other - step), default=None)
            raise UserError(f"{self.path} has no checkpoint at step {step}; the nearest is {near}")
        return store.weights_path(self.path, step)

    def fingerprint(self, step: int) -> str:
        """A hash of the inputs of a measure of one checkpoint: its weights, the split, and the configs of task and model.

        Parameters
        ----------
        step : int

        Returns
        -------
        str
        """
        return store.digest(self.weights_path(step).read_bytes() + self._fingerprint_of_all_steps)

    @cached_property
    def _fingerprint_of_all_steps(self) -> bytes:
        """The inputs that the measures of all checkpoints share."""
        split, config = self.path / store.SPLIT, self.stored_config
        parts = [json.dumps(config.get(part), sort_keys=True).encode() for part in ("task", "model")]
        return b"".join([split.read_bytes() if split.is_file() else b"", *parts])

    def whole_fingerprint(self) -> str:
        """A hash of the inputs of a measure of the run: every checkpoint, and the metrics and probes recorded during training."""
        tables = [self.path / name for name in (store.METRICS, store.PROBES)]
        recorded = b"".join(path.read_bytes() for path in tables if path.is_file())
        return store.digest(b"".join([recorded, *(f"{step} {self.fingerprint(step)}".encode() for step in self.steps)]))

    @cached_property
    def grid(self) -> Grid:
        """The table of the task as tensors, with the train mask."""
        from mechgrok.runs.grid import Grid

        return Grid.of(self.task, self.is_train, self.corrupted)

    def snapshot(self, step: int | None = None) -> Snapshot:
        """The network at one step on the whole table.

        Parameters
        ----------
        step : int, optional
            By default the last.

        Returns
        -------
        Snapshot
        """
        from mechgrok.runs.snapshot import LazyWeights, Snapshot

        step = self.last_step if step is None else step
        weights = LazyWeights(self.weights_path(step))
        return Snapshot(self.grid, self.config.model.architecture(self.task), weights, step)

    def trajectory(self, name: str) -> Tensor:
        """One parameter at every checkpoint.

        Parameters
        ----------
        name : str
            A name of a HookedTransformer's parameter, such as "embed.W_E".

        Returns
        -------
        Tensor (steps, ...)
        """
        import torch

        from mechgrok.runs.snapshot import LazyWeights

        return torch.stack([LazyWeights(self.weights_path(step))[name] for step in self.steps])

    def model(self, step: int | None = None) -> HookedRootModule:
        """The network at one step with TransformerLens' hooks.

        Parameters
        ----------
        step : int, optional
            By default the last.

        Returns
        -------
        HookedRootModule
            A HookedTransformer where the network is a transformer.
        """
        step = self.last_step if step is None else step
        weights, _ = store.read_tensors(self.weights_path(step))
        return self.config.model.architecture(self.task).module(weights)
