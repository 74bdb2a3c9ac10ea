"""Options of execution. They change the numbers of a run by rounding alone, and are not part of its config.

torch is imported inside functions: the flags of `mechgrok train` are generated from this module, and importing torch is slow.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from mechgrok.errors import UserError

if TYPE_CHECKING:
    from mechgrok.runs.run import Run


@dataclass(frozen=True)
class Execution:
    """Options of execution. A resumed run keeps its first ones."""

    device: str = "auto"
    """cpu, cuda, cuda:1, ...; by default a GPU if there is one that torch can use through CUDA. mps has no float64, which losses need."""
    threads: Annotated[int, tyro.conf.arg(metavar="N")] = 0
    """CPU threads; 0 for the number that is fastest now, one or as many as there are cores."""
    forward: Literal["fast", "plain"] = "fast"
    """fast: the same function computed from tables of tokens; plain: the forward pass of HookedTransformer."""
    subnormals: Annotated[Literal["flushed", "kept"], tyro.conf.Suppress] = "flushed"
    """Whether numbers below 1.2e-38 in float32 are computed with as zeros. Runs of mechgrok before this setting kept them."""

    def resolved(self) -> Execution:
        """These options with defaults resolved, after applying them to this process. Raises UserError if the device is not available."""
        import torch

        from mechgrok.models import subnormals
        from mechgrok.models.allocation import keep_freed_memory
        from mechgrok.training.fastest_threads import fastest_threads

        if self.threads < 0:
            raise UserError(f"--threads {self.threads}: give a number of CPU threads, or 0 for the fastest number")
        device = ("cuda" if torch.cuda.is_available() else "cpu") if self.device == "auto" else self.device
        _check(device)
        with subnormals.flushed(self.subnormals == "flushed") as flushed:
            pass
        threads = self.threads or fastest_threads()
        # cuBLAS is deterministic only with a fixed workspace. It reads this variable when CUDA starts.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(True)
        # Deterministic mode otherwise fills every new tensor with NaN, to expose reads of uninitialised memory, which is slow.
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
        keep_freed_memory()
        return Execution(device, threads, self.forward, "flushed" if flushed else "kept")


def _check(device: str) -> None:
    import torch

    if device.startswith("mps"):
        raise UserError(f"device {device}: Apple's GPU has no float64, which losses need; leave --device away, or use --device cpu")
    if not re.fullmatch(r"cpu|cuda(:\d+)?", device):
        raise UserError(f"{device} is not a device; use cpu, cuda, or cuda:1 for the second GPU")
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = re.split(r"[.:;] |\n", str(error))[0]
        raise UserError(f"device {device} cannot be used here ({reason}); leave --device away, or use --device cpu") from None


def began_with(run: Run) -> Execution:
    """The options of execution that the run began with."""
    stored = {"subnormals": "kept"} | run.execution
    options = {field.name: stored.get(field.name, field.default) for field in fields(Execution)}
    try:
        return Execution(**options).resolved()
    except UserError as error:
        raise UserError(f"{run.path} began on device {options['device']} and can only be resumed on that device: {error}") from None
