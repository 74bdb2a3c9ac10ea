"""Train rows from a file of row numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from mechgrok.data.splits.split import Split, TaskTable
from mechgrok.errors import UserError


class FromFile(Split):
    """The rows whose numbers a file lists. The file is read when a run begins; the run stores its own copy of the split."""

    kind: Literal["file"] = "file"
    path: str | None = None
    """A text file with a row number from 0 in each line, or a .npy file with an array of them."""

    def mask(self, rows: int) -> np.ndarray:
        numbers = self._numbers()
        outside = numbers[(numbers < 0) | (numbers >= rows)]
        if len(outside):
            raise UserError(f"{self.path}: row {outside[0]} does not exist; the table has rows 0 to {rows - 1}")
        chosen = np.zeros(rows, dtype=bool)
        chosen[numbers] = True
        return chosen

    def train_rows(self, table: TaskTable) -> np.ndarray:
        return self.mask(len(table.units()))

    def _numbers(self) -> np.ndarray:
        """The row numbers (m,), at least one. Raises UserError."""
        if self.path is None:
            raise UserError("split.kind file needs split.path, a file of row numbers")
        read = _array if self.path.endswith(".npy") else _text
        try:
            numbers = read(Path(self.path))
        except OSError as error:
            raise UserError(f"{self.path} cannot be read: {error.strerror or error}") from None
        except ValueError as error:
            raise UserError(f"{self.path} is not a file of row numbers ({error}); write one a line, or an array of whole numbers") from None
        if not len(numbers):
            raise UserError(f"{self.path} lists no row, so there is nothing to train on")
        return numbers


def _text(path: Path) -> np.ndarray:
    return np.array([int(word) for word in path.read_text().split()], dtype=np.int64)


def _array(path: Path) -> np.ndarray:
    found = np.load(path, allow_pickle=False)
    if not isinstance(found, np.ndarray) or found.ndim != 1 or not np.issubdtype(found.dtype, np.integer):
        raise ValueError("its array is not a list of whole numbers")
    return found.astype(np.int64)
