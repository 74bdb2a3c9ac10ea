"""What an import is told, and what it tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mechgrok.config import Config
from mechgrok.runs.importing.inference.loss_check import LossCheck
from mechgrok.tasks.operations import Operation


@dataclass(frozen=True)
class ImportOptions:
    """What the user says of a file that does not say it itself."""

    p: int | None = None
    operation: Operation | None = None
    fraction: float | None = None
    split: Literal["python-shuffle", "torch-randperm"] | None = None
    split_seed: int | Literal["auto"] | None = None
    step: int | None = None


@dataclass(frozen=True)
class Imported:
    """A new run, and what is to be told about how it came about."""

    config: Config
    steps: tuple[int, ...]
    """Those that have a checkpoint: none where the file holds curves alone."""
    notes: tuple[str, ...]
    losses: tuple[LossCheck, ...]
    """Recorded losses beside the recomputed ones."""
