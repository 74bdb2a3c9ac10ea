"""A read-only view of a run's folder."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mechgrok.errors import UserError
from mechgrok.runs import store
from mechgrok.runs.run_files import RunFiles

if TYPE_CHECKING:
    from torch import Tensor
    from transformer_lens.HookedRootModule import HookedRootModule

    from mechgrok.runs.grid import Grid
    from mechgrok.runs.snapshot import Snapshot


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


class Run(RunFiles):
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

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r}, {len(self.steps)} checkpoints)"

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
        from mechgrok.runs.lazy_weights import LazyWeights
        from mechgrok.runs.snapshot import Snapshot

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

        from mechgrok.runs.lazy_weights import LazyWeights

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
