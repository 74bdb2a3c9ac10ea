"""What happened: a read-only view of a run's folder."""

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
    """The run in a folder. Raises UserError where there is none."""
    folder = Path(path)
    if not folder.exists():
        raise UserError(f"there is no {folder}; give the folder of a run (made by mechgrok train or mechgrok import)")
    if not (folder / store.CONFIG).is_file():
        raise UserError(f"{folder} is not a run: it has no {store.CONFIG}")
    return Run(folder)


class Run:
    """A run. Everything is read when asked for; nothing is ever written through it."""

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
        """What decided the run."""
        return config.read((self.path / store.CONFIG).read_text("utf-8", "replace"), str(self.path / store.CONFIG))

    @cached_property
    def stored_config(self) -> dict[str, Any]:
        """`config.json` as plain data: read without building its parts, which may need torch. Raises UserError where it is no config."""
        path = self.path / store.CONFIG
        try:
            found = json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise UserError(f"{path} cannot be read ({error}); restore it from a copy") from None
        if not isinstance(found, dict):
            raise UserError(f"{path} is no config; restore it from a copy")
        return found

    def kind(self, part: str) -> str | None:
        """The `kind` of a part of the config, such as task or model; None where the config gives none."""
        found = self.stored_config.get(part)
        return found.get("kind") if isinstance(found, dict) else None

    @property
    def task(self) -> Task:
        """What was learnt."""
        return self.config.task

    @cached_property
    def execution(self) -> dict[str, Any]:
        """How it was run (device, threads, forward), or where it was imported from."""
        path = self.path / store.EXECUTION
        try:
            return json.loads(path.read_bytes()) if path.is_file() else {}
        except ValueError as error:
            raise UserError(f"{path} is no JSON ({error}); restore it from a copy") from None

    @property
    def lineage(self) -> dict[str, Any] | None:
        """The checkpoint that it started from: run, step, hash of the weights, the parent's config and lineage; None for any other run."""
        path = self.path / store.LINEAGE
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
        """Whether it was imported from a log: there are curves, and no network that they are of."""
        return "imported" in self.execution and not self.steps

    @property
    def last_step(self) -> int:
        """The newest checkpoint's step. Raises UserError where there is none."""
        if self.curves_only:
            raise UserError(f"{self.path} holds imported curves and no network; what they show: mechgrok analyze {self.path}")
        if not self.steps:
            raise UserError(f"{self.path} has no checkpoint yet; train it with: mechgrok train --resume {self.path}")
        return self.steps[-1]

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """What was recorded while training: step, split, loss (cross-entropy, nats a row), accuracy (share).

        Splits are train and test, and such parts of them as train-clean or, of a mixture, train-add. A run that was trained on another
        loss has that one too, without penalties, as trained_loss; of a mixture that is the sum over tasks of their mean losses.
        """
        import pandas as pd

        path = self.path / store.METRICS
        return pd.read_csv(path) if path.is_file() else pd.DataFrame(columns=["step", "split", "loss", "accuracy"])

    @cached_property
    def probes(self) -> pd.DataFrame:
        """What probes read while training: step of the weights that an update started from, probe, name, value; empty without probes."""
        import pandas as pd

        path = self.path / store.PROBES
        return pd.read_csv(path) if path.is_file() else pd.DataFrame(columns=["step", "probe", "name", "value"])

    @cached_property
    def is_train(self) -> np.ndarray | None:
        """True for the rows that were trained on (n,); None where nobody knows."""
        try:
            return None if self._split is None else self._split["is_train"].astype(bool)
        except KeyError as error:
            raise self._lacking("rows are train", error) from None

    @cached_property
    def corrupted(self) -> Labels | None:
        """The labels of the rows (n,), true and trained with, of a run with corrupted labels; None for any other."""
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
        return UserError(f"{self.path / store.SPLIT} does not say which {what} ({error}); restore it from a copy")

    def weights_path(self, step: int) -> Path:
        """The file of a checkpoint. Raises UserError where there is none."""
        if step not in self.steps:
            near = min(self.steps, key=lambda other: abs(other - step), default=None)
            raise UserError(f"{self.path} has no checkpoint at step {step}; the nearest is {near}")
        return store.weights_path(self.path, step)

    def fingerprint(self, step: int) -> str:
        """A hash of all that a measure of one checkpoint can see: its weights, the split, and what was learnt by what."""
        split, config = self.path / store.SPLIT, self.stored_config
        seen = [self.weights_path(step).read_bytes(), split.read_bytes() if split.is_file() else b""]
        return store.digest(b"".join([*seen, *(json.dumps(config.get(part), sort_keys=True).encode() for part in ("task", "model"))]))

    def whole_fingerprint(self) -> str:
        """A hash of all that a measure of the run can see: every checkpoint, and what was recorded while training."""
        tables = [self.path / name for name in (store.METRICS, store.PROBES)]
        recorded = b"".join(path.read_bytes() for path in tables if path.is_file())
        return store.digest(b"".join([recorded, *(f"{step} {self.fingerprint(step)}".encode() for step in self.steps)]))

    @cached_property
    def grid(self) -> Grid:
        """The task's table as tensors."""
        from mechgrok.runs.grid import Grid

        return Grid.of(self.task, self.is_train, self.corrupted)

    def snapshot(self, step: int | None = None) -> Snapshot:
        """The run at one step, by default the last."""
        from mechgrok.runs.snapshot import LazyWeights, Snapshot

        step = self.last_step if step is None else step
        weights = LazyWeights(self.weights_path(step))
        return Snapshot(self.grid, self.config.model.architecture(self.task), weights, step)

    def trajectory(self, name: str) -> Tensor:
        """One parameter at every checkpoint (step, ...)."""
        import torch

        from mechgrok.runs.snapshot import LazyWeights

        return torch.stack([LazyWeights(self.weights_path(step))[name] for step in self.steps])

    def model(self, step: int | None = None) -> HookedRootModule:
        """The network at one step, by default the last, with TransformerLens' hooks: a HookedTransformer where it is a transformer."""
        step = self.last_step if step is None else step
        weights, _ = store.read_tensors(self.weights_path(step))
        return self.config.model.architecture(self.task).module(weights)
