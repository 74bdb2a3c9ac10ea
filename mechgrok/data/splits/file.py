"""Train rows from a file of row numbers."""

from __future__ import annotations

from pathlib import Path
from tokenize import TokenError
from typing import Literal

import numpy as np

from mechgrok.data.splits.split import Split, TaskTable
from mechgrok.errors import UserError


class FromFile(Split):
    """The rows that a file lists by number, by pair, or as a mask. It is read when a run begins; the run stores its own copy."""

    kind: Literal["file"] = "file"
    path: str | None = None
    """A text file with a row number from 0, or the two operands of a row, in each line; or a .npy file with an array (rows,) of numbers,
    an array (rows, 2) of operands, or a mask of true and false for all rows. As many numbers 0 and 1 as the table has rows are a mask."""

    def mask(self, rows: int) -> np.ndarray:
        found = self._array()
        if found.dtype == bool:
            return self._of_mask(found, rows)
        if found.ndim != 1:
            raise UserError(f"{self.path} lists pairs of operands, and this table is given by its number of rows alone; list row numbers")
        return self._of_mask(found == 1, rows) if is_mask(found, rows) else self._of_numbers(found, rows)

    def train_rows(self, table: TaskTable) -> np.ndarray:
        found = self._array()
        return self._of_pairs(found, table.operands()) if found.ndim == 2 and found.dtype != bool else self.mask(len(table.units()))

    def _of_mask(self, found: np.ndarray, rows: int) -> np.ndarray:
        if found.size != rows:
            raise UserError(f"{self.path} is a mask of {found.size} rows, and the table has {rows}")
        if not found.any():
            raise UserError(f"{self.path} lists no row, so there is nothing to train on")
        return found.ravel()

    def _of_numbers(self, found: np.ndarray, rows: int) -> np.ndarray:
        outside = found[(found < 0) | (found >= rows)]
        if len(outside):
            raise UserError(f"{self.path}: row {outside[0]} does not exist; the table has rows 0 to {rows - 1}")
        counts = np.bincount(found, minlength=rows)
        if counts.max() > 1:
            twice = f"{self.path}: row {counts.argmax()} is listed {counts.max()} times"
            raise UserError(f"{twice}; list each train row once, or write a mask of {rows} numbers 0 and 1")
        return counts == 1

    def _of_pairs(self, pairs: np.ndarray, operands: np.ndarray) -> np.ndarray:
        """The rows with these operands. Raises UserError where a pair is of no row."""
        rows = {tuple(row) for row in operands.tolist()}
        strange = next((pair for pair in map(tuple, pairs.tolist()) if pair not in rows), None)
        if strange is not None:
            raise UserError(f"{self.path}: no row of the table has the operands {strange}")
        listed = {tuple(pair) for pair in pairs.tolist()}
        if len(listed) < len(pairs):
            raise UserError(f"{self.path} lists a pair of operands twice; list each train row once")
        return np.array([tuple(row) in listed for row in operands.tolist()])

    def _array(self) -> np.ndarray:
        """Row numbers (m,), pairs (m, 2) or a mask, with at least one row. Raises UserError."""
        if self.path is None:
            raise UserError("split.kind file needs split.path, a file of row numbers")
        read = _array if self.path.endswith(".npy") else _text
        try:
            found = read(Path(self.path))
        except OSError as error:
            raise UserError(f"{self.path} cannot be read: {error.strerror or error}") from None
        except (ValueError, TypeError, OverflowError, EOFError, SyntaxError, TokenError) as error:
            raise UserError(
                f"{self.path} is not a file of row numbers ({error}); write one row a line, or an array of numbers, pairs or a mask"
            ) from None
        if not found.size:
            raise UserError(f"{self.path} lists no row, so there is nothing to train on")
        return found


def is_mask(numbers: np.ndarray, rows: int) -> bool:
    """Whether whole numbers are a mask of all rows rather than numbers of rows."""
    return numbers.shape == (rows,) and bool(((numbers == 0) | (numbers == 1)).all())


def _text(path: Path) -> np.ndarray:
    """Numbers (m,), or pairs (m, 2) where there are several lines of two words each."""
    lines = [line.replace(",", " ").split() for line in path.read_text().splitlines() if line.strip()]
    pairs = len(lines) > 1 and all(len(words) == 2 for words in lines)
    numbers = np.array([int(word) for words in lines for word in words], dtype=np.int64)
    return numbers.reshape(-1, 2) if pairs else numbers


def _array(path: Path) -> np.ndarray:
    # A mapped file is refused where its header promises more than it holds, before any memory is taken.
    found = np.load(path, mmap_mode="r", allow_pickle=False)
    if not isinstance(found, np.ndarray) or not (found.dtype == bool or np.issubdtype(found.dtype, np.integer)):
        raise ValueError("its array holds no whole numbers and is no mask")
    if found.dtype != bool and (found.ndim > 2 or (found.ndim == 2 and found.shape[1] != 2) or found.ndim == 0):
        raise ValueError(f"its array has the shape {found.shape}")
    return np.array(found, dtype=bool if found.dtype == bool else np.int64)
