"""A table of whole numbers as a short text, so that it can be part of a config."""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass

import numpy as np

MOST_NUMBERS = 20_000_000


@dataclass(frozen=True)
class Content:
    """Tokens (n, pos), -1 after the end of a row, labels (n,) and units (n,)."""

    tokens: np.ndarray
    labels: np.ndarray
    units: np.ndarray

    @classmethod
    def of(cls, rows: object, labels: object, units: object = None) -> Content:
        """The content of arrays. Raises ValueError where they are no table."""
        tokens, of_rows = (_whole(each, name) for each, name in ((rows, "rows"), (labels, "labels")))
        if tokens.ndim != 2 or not tokens.size or of_rows.shape != (len(tokens),):
            raise ValueError(f"rows are (n, pos) and labels (n,), at least one of each; these are {tokens.shape} and {of_rows.shape}")
        together = np.arange(len(tokens)) if units is None else _whole(units, "units")
        if together.shape != (len(tokens),):
            raise ValueError(f"units are (n,), one for each of the {len(tokens)} rows; these are {together.shape}")
        found = cls(tokens, of_rows, np.unique(together, return_inverse=True)[1].ravel())
        found._check()
        return found

    def _check(self) -> None:
        """Raises ValueError for rows with gaps, negative labels and rows that are there twice."""
        there = self.tokens >= 0
        if self.tokens.min() < -1 or not there[:, 0].all() or (np.diff(there.astype(int), axis=1) > 0).any():
            raise ValueError("tokens are 0 or more, and -1 after the end of a shorter row alone")
        if self.labels.min() < 0:
            raise ValueError(f"a label is {self.labels.min()}; classes are numbered from 0")
        _, first, counts = np.unique(self.tokens, axis=0, return_index=True, return_counts=True)
        if (counts > 1).any():
            raise ValueError(f"the row {self.tokens[first[counts > 1][0]].tolist()} is there twice")
        if self.tokens.size > MOST_NUMBERS:
            raise ValueError(f"a table has at most {MOST_NUMBERS:,} tokens, and this one has {self.tokens.size:,}")

    @property
    def text(self) -> str:
        """The content as text."""
        whole = np.column_stack([self.tokens, self.labels, self.units]).astype("<i4")
        packed = zlib.compress(np.ascontiguousarray(whole.T).tobytes(), 9)
        return f"{whole.shape[0]}x{whole.shape[1]}:{base64.b64encode(packed).decode()}"

    @classmethod
    def parse(cls, text: str) -> Content:
        """The content of a text. Raises ValueError where it is damaged."""
        try:
            shape, _, packed = text.partition(":")
            rows, columns = map(int, shape.split("x"))
            size = 4 * rows * columns
            reader = zlib.decompressobj()
            found = reader.decompress(base64.b64decode(packed, validate=True), size + 1) if 0 < size <= 8 * MOST_NUMBERS else b""
            whole = np.frombuffer(found, "<i4").reshape(columns, rows).T.astype(np.int64)
        except (ValueError, zlib.error):
            raise ValueError("the content of this table is damaged; restore the config from a copy, or give the file again") from None
        return cls.of(whole[:, :-2], whole[:, -2], whole[:, -1])


def _whole(values: object, name: str) -> np.ndarray:
    """Whole numbers as int64. Raises ValueError for others."""
    found = np.asarray(values.cpu() if hasattr(values, "cpu") else values)
    whole = found.astype(np.int64) if found.dtype.kind in "biuf" else None
    if whole is None or (found.dtype.kind == "f" and not np.array_equal(whole, found)):
        raise ValueError(f"{name} are whole numbers; these are {found.dtype}")
    return whole
