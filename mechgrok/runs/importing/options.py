"""The options and the result of an import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mechgrok.config import Config
from mechgrok.runs.importing.inference.loss_check import LossCheck
from mechgrok.runs.importing.networks.structure import Recognised
from mechgrok.tasks.operations import Operation

SplitKind = Literal["python-shuffle", "numpy-shuffle", "torch-randperm", "torch-random-split", "torch-threshold", "file"]


@dataclass(frozen=True)
class ImportOptions:
    """Facts about a foreign file that the user gives because the file does not record them.

    Attributes
    ----------
    p : int, optional
        The modulus; by default inferred from the number of tokens.
    operation : str, optional
        The operation of the task; by default the one that the network computes.
    fraction : float, optional
        Share of the table in the train split.
    split : str, optional
        The rule of the split: a kind of split that `train` draws at random, or "file"; without it the split is unknown.
    split_seed : int or "auto", optional
        The seed of the split; "auto" tries 0 to 99 against the recorded losses and accuracies, with all kinds and usual fractions where
        these are not given.
    step : int, optional
        The number of updates of the last weights, where the file gives none, counts epochs, or is to be corrected.
    record_every : int, optional
        Updates between two recorded losses, where the file gives no steps beside them, or counts epochs.
    train_rows : int, optional
        The number of train rows, instead of `fraction`.
    split_file : Path, optional
        A file of the train rows, with `split` "file": their numbers, their pairs, or a mask.
    columns : Mapping from str to str
        Columns of a log by our names: "step", "train_loss", "test_accuracy", ... -> the log's name.
    reading : tuple of str
        Options of the network that the file leaves open, such as "activation=gelu"; the others are decided by evidence.
    dry : bool
        Whether to write nothing.

    Examples
    --------
    >>> ImportOptions(fraction=0.3, split="python-shuffle", split_seed=1).fraction
    0.3
    """

    p: int | None = None
    operation: Operation | None = None
    fraction: float | None = None
    split: SplitKind | None = None
    split_seed: int | Literal["auto"] | None = None
    step: int | None = None
    record_every: int | None = None
    train_rows: int | None = None
    split_file: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    reading: tuple[str, ...] = ()
    dry: bool = False


@dataclass(frozen=True)
class Imported:
    """A new run, with notes on the import."""

    config: Config
    steps: tuple[int, ...]
    """The steps with a checkpoint; none where the file holds curves alone."""
    notes: tuple[str, ...]
    losses: tuple[LossCheck, ...]
    """Recorded losses compared with the recomputed ones."""
    recognised: tuple[Recognised, ...] = ()
    """Every tensor of the file that is part of the network."""
