"""The train rows that a file names, as row numbers or as a mask."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from mechgrok.errors import UserError
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.inference.splits.split import infer_split
from mechgrok.runs.importing.options import ImportOptions
from mechgrok.tasks.modular import Modular

NO_EVIDENCE: Any = None


def train_rows(rows: list[int]) -> list[int]:
    foreign = Foreign("x", {0: {}}, train_rows=torch.tensor(rows))
    _, mask, _ = infer_split(foreign, ImportOptions(), NO_EVIDENCE, Modular(p=5))
    assert mask is not None
    return np.flatnonzero(mask).tolist()


def test_row_numbers_are_train_rows() -> None:
    assert train_rows([7, 1, 24]) == [1, 7, 24]
    assert train_rows([1, 0]) == [0, 1]


def test_a_mask_of_the_table_under_the_name_of_row_numbers_is_a_mask() -> None:
    assert train_rows([int(row in (3, 8)) for row in range(25)]) == [3, 8]


def test_row_numbers_beyond_the_table_are_refused() -> None:
    with pytest.raises(UserError, match="do not fit a table of 25 rows"):
        train_rows([25])
