"""How a run is executed: what must not change its numbers beyond rounding, and so stays out of the config.

torch is imported where it is used, since the flags of `mechgrok train` are made of this.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Annotated, Literal

import tyro

from mechgrok.errors import UserError


@dataclass(frozen=True)
class Execution:
    """Options of execution. A resumed run keeps the ones that it began with."""

    device: str = "auto"
    """cpu, cuda, cuda:1, ...; by default a GPU if there is one."""
    threads: Annotated[int, tyro.conf.arg(metavar="N")] = 0
    """CPU threads; 0 for as many as there are cores."""
    forward: Literal["fast", "plain"] = "fast"
    """fast: the same function computed through tables of tokens; plain: the HookedTransformer's own forward."""

    def resolved(self) -> Execution:
        """The same with nothing left to choose, applied to this process. Raises UserError for a device that is not here."""
        import torch

        from mechgrok.models.allocation import keep_freed_memory

        if self.threads < 0:
            raise UserError(f"--threads {self.threads}: give a number of CPU threads, or 0 for as many as there are cores")
        device = ("cuda" if torch.cuda.is_available() else "cpu") if self.device == "auto" else self.device
        _check(device)
        threads = self.threads or torch.get_num_threads()
        # cuBLAS is deterministic only with a fixed workspace, and reads this when CUDA starts.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(True)
        # Otherwise every new array is filled with NaN first, to show reads of what nobody wrote.
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
        keep_freed_memory()
        return Execution(device, threads, self.forward)


def _check(device: str) -> None:
    import torch

    if not re.fullmatch(r"cpu|mps|cuda(:\d+)?", device):
        raise UserError(f"{device} is not a device; use cpu, cuda, or cuda:1 for the second GPU")
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = re.split(r"[.:;] |\n", str(error))[0]
        raise UserError(f"device {device} cannot be used here ({reason}); leave --device away, or use --device cpu") from None
