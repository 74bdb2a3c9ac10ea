"""The known kinds of random splits, as orders of rows of which the first are trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mechgrok.data.splits.numpy_shuffle import NumpyShuffle
from mechgrok.data.splits.python_shuffle import PythonShuffle
from mechgrok.data.splits.split import RandomSplit, Shuffled
from mechgrok.data.splits.torch_random_split import TorchRandomSplit
from mechgrok.data.splits.torch_randperm import TorchRandperm, randperm
from mechgrok.data.splits.torch_threshold import TorchThreshold
from mechgrok.errors import UserError

SHUFFLED: Mapping[str, type[Shuffled]] = {
    "python-shuffle": PythonShuffle,
    "torch-randperm": TorchRandperm,
    "numpy-shuffle": NumpyShuffle,
    "torch-random-split": TorchRandomSplit,
}
KINDS: Mapping[str, type[RandomSplit]] = {**SHUFFLED, "torch-threshold": TorchThreshold}


def rule_of(kind: str, seed: int, fraction: float | None, count: int | None) -> RandomSplit:
    """A split of a known kind with a share or a number of train rows. Raises UserError where it has none of that."""
    if kind in SHUFFLED:
        size: dict[str, Any] = {"fraction": fraction} if count is None else {"count": count}
        return SHUFFLED[kind](seed=seed, **size)
    if count is not None or fraction is None:
        raise UserError(f"--split {kind} has a share of test rows, no number of train rows; give --fraction instead of --train-rows")
    return TorchThreshold(seed=seed, test_fraction=1 - fraction)


ORDERS: Mapping[str, Callable[[int, int], np.ndarray]] = {
    "python-shuffle": lambda rows, seed: np.array(PythonShuffle(seed=seed).order(rows)),
    "numpy-shuffle": lambda rows, seed: np.array(NumpyShuffle(seed=seed).order(rows)),
    "torch-randperm": lambda rows, seed: np.array(randperm(rows, seed)),
    "torch-threshold": lambda rows, seed: np.argsort(-np.array(randperm(rows, seed))),
}
"""Kind -> (rows, seed) -> the rows in an order of which the first ones are trained on. random_split has the order of randperm."""
