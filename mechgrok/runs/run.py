"""A read-only view of a run's folder."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mechgrok.errors import UserError
from mechgrok.runs import store
from mechgrok.runs.run_files import RunFiles

if TYPE_CHECKING:
    from torch import Tensor
    from transformer_lens.HookedRootModule import HookedRootModule

    from mechgrok.models.network import Network
    from mechgrok.models.opaque.module_network import ModuleNetwork
    from mechgrok.runs.grid import Grid
    from mechgrok.runs.snapshot import Snapshot


def open_run(path: str | Path, *, module: Any = None, results: str | Path | None = None) -> Run:
    """The run in a folder.

    Parameters
    ----------
    path : str or Path
        A folder made by `mechgrok train`, `mechgrok import` or `mechgrok.record`.
    module : torch.nn.Module or callable, optional
        Of a run that was recorded from a module of one's own: the module, or one that computes the same. Its weights do not matter.
    results : str or Path, optional
        The folder in which results and report of the run lie, in a folder of its name; by default they lie in its own. For runs of others,
        and for file systems that cannot be written to.

    Returns
    -------
    Run

    Raises
    ------
    UserError
        If the folder does not exist or is no run, or the module does not compute what was recorded.

    Examples
    --------
    >>> open_run("run").steps
    [0, 20]
    """
    folder = Path(path)
    if not folder.exists():
        raise UserError(f"there is no {folder}; give the folder of a run (made by mechgrok train or mechgrok import)")
    if not (folder / store.CONFIG).is_file():
        raise UserError(f"{folder} is not a run: it has no {store.CONFIG}; weights or logs of other programs come in by mechgrok import")
    run = Run(folder, None if results is None else Path(results))
    return run if module is None else run.with_module(module)


class Run(RunFiles):
    """A run: its config, recorded metrics and checkpoints.

    Files are read at the first use of a property, once each; nothing is written. `open_run` opens a run and checks that it is one.

    Parameters
    ----------
    path : Path
        The run's folder.
    results : Path, optional
        The folder in which its results and report lie, in a folder of its name; by default they lie in its own.

    Examples
    --------
    >>> run.task.p, run.steps, run.last_step
    (11, [0, 20], 20)
    >>> run.snapshot().logits.shape
    torch.Size([121, 11])
    """

    _with_module: ModuleNetwork | None = None

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r}, {len(self.steps)} checkpoints)"

    def _repr_html_(self) -> str:
        from mechgrok.runs.card import card

        return card(self)

    def fingerprint(self, step: int) -> str:
        """A hash of the inputs of a measure of one checkpoint: its weights, the split, and the configs of task and model.

        Parameters
        ----------
        step : int

        Returns
        -------
        str
        """
        beside = store.module_path(self.path, step)
        return store.digest(
            self.weights_path(step).read_bytes() + (beside.read_bytes() if beside.is_file() else b"") + self._fingerprint_of_all_steps
        )

    @cached_property
    def _fingerprint_of_all_steps(self) -> bytes:
        """The inputs that the measures of all checkpoints share."""
        split, config = self.path / store.SPLIT, self.stored_config
        parts = [json.dumps(config.get(part), sort_keys=True).encode() for part in ("task", "model")]
        return b"".join([split.read_bytes() if split.is_file() else b"", *parts])

    def whole_fingerprint(self) -> str:
        """A hash of the inputs of a measure of the run: every checkpoint, and the metrics and probes recorded during training."""
        recorded = b"".join(content or b"" for content in self._recorded.values())
        return store.digest(b"".join([recorded, *(f"{step} {self.fingerprint(step)}".encode() for step in self.steps)]))

    @cached_property
    def grid(self) -> Grid:
        """The table of the task as tensors, with the train mask.

        Raises
        ------
        UserError
            If the mask is not one of the task's rows.
        """
        from mechgrok.runs.grid import Grid

        if self.is_train is not None and self.is_train.shape != (self.task.row_count,):
            rows = f"a mask of shape {self.is_train.shape}, and the task has {self.task.row_count} rows"
            raise UserError(f"{self.path / store.SPLIT} holds {rows}; restore it from a copy")
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
        from mechgrok.runs.streamed import snapshot

        step = self.last_step if step is None else step
        network, weights = self._network_at(step), LazyWeights(self.weights_path(step))
        weights.require(network.shapes)
        return snapshot(self.grid, network, weights, step)

    @cached_property
    def network(self) -> Network:
        """The function of the network; of a recorded module without it, what its names give."""
        return self._with_module or self.config.model.architecture(self.task)

    @property
    def lacks_module(self) -> bool:
        """Whether the network is a module of the user that was not handed in, so that there are no logits."""
        return self._with_module is None and self.kind("model") == "module"

    def _network_at(self, step: int) -> Network:
        """The network with the buffers that its module had at a step."""
        if self._with_module is None:
            return self.network
        from mechgrok.runs import module_files

        return module_files.with_buffers(self._with_module, self.path, step)

    def at(self, path: Path) -> Run:
        """The same run in another folder, with its module.

        Parameters
        ----------
        path : Path
            A folder with the same files.

        Returns
        -------
        Run
        """
        found = Run(path)
        found._with_module = self._with_module
        return found

    def with_module(self, module: Any) -> Run:
        """The same run with the module that it was recorded from.

        Parameters
        ----------
        module : torch.nn.Module or callable

        Returns
        -------
        Run
        """
        from mechgrok.runs import module_files

        found = Run(self.path, self._results)
        found._with_module = module_files.network_of(self, self.network, module)
        return found

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
            With the hook points of a HookedTransformer where the network is a transformer. It is a HookedTransformer of TransformerLens 3,
            a TransformerBridge of 4, or, where the library lacks one of its options, a `HookedNetwork`.
        """
        step = self.last_step if step is None else step
        weights, _ = store.read_tensors(self.weights_path(step))
        return self._network_at(step).module(weights)
