"""The loss curves of ten train fractions that Nanda et al. 2023 published in one file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mechgrok.errors import UserError
from mechgrok.runs.importing import records
from mechgrok.runs.importing.safe_pickle import loading


def train_fractions(path: Path) -> pd.DataFrame:
    """The curves of mod_addition_frac_train_sweep.pth of Nanda et al. 2023: fraction, step, split, loss (nats), accuracy (NaN).

    The file is a list of two: the train fractions, and for each of them a list of train losses and one of test losses, one value an
    epoch of one update. Record i stands at step i. Raises UserError for files that are something else.
    """
    data = loading.read(path)
    fractions, series = data if isinstance(data, list) and len(data) == 2 else ([], [])
    if not _are_numbers(fractions) or not isinstance(series, list) or len(series) != 2 * len(fractions):
        raise UserError(f"{path} is not a list of train fractions and a list of two loss curves for each of them")
    names = [(fraction, split) for fraction in fractions for split in ("train", "test")]
    curves = [_curve(*name, records.loss_list(each, f"{path}: {name[1]} losses")) for name, each in zip(names, series, strict=True)]
    return pd.concat(curves, ignore_index=True)


def _are_numbers(values: Any) -> bool:
    return isinstance(values, list) and bool(values) and all(type(value) in (int, float) for value in values)


def _curve(fraction: float, split: str, losses: Sequence[float]) -> pd.DataFrame:
    rows = {"fraction": fraction, "step": np.arange(len(losses)), "split": split, "loss": losses, "accuracy": np.full(len(losses), np.nan)}
    return pd.DataFrame(rows, columns=["fraction", "step", "split", "loss", "accuracy"])
