"""A CSV file that grows during training, and is truncated when a run is resumed from an earlier step."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path

from mechgrok.errors import UserError
from mechgrok.runs import store


class GrowingCsv:
    """A CSV file with a header, to which rows are appended."""

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        self.path = path
        self.header = header

    def begin(self) -> None:
        """Write a new file with the header alone."""
        self.path.write_bytes(_lines([self.header]))

    def append(self, rows: Sequence[Sequence[object]]) -> None:
        """Append rows in one write."""
        with self.path.open("ab", buffering=0) as file:
            file.write(_lines(rows))

    def flushed(self) -> int:
        """Flush the file to the disk; returns its size in bytes."""
        with self.path.open("rb") as file:
            os.fsync(file.fileno())
        return self.length

    @property
    def length(self) -> int:
        """The size of the file in bytes."""
        return self.path.stat().st_size

    def require(self, length: int) -> None:
        """Raises UserError if the file is missing or has fewer bytes."""
        if not self.path.is_file() or self.path.stat().st_size < length:
            advice = f"restore it from a copy, or delete {store.STATE} to start over"
            raise UserError(f"{self.path} lacks rows that were recorded before the state; {advice}")

    def cut(self, length: int) -> None:
        """Truncate the file to a number of bytes."""
        os.truncate(self.path, length)

    def rows(self) -> list[dict[str, str]]:
        """All rows, as strings by column name."""
        with self.path.open(newline="") as file:
            return list(csv.DictReader(file))


def _lines(rows: Sequence[Sequence[object]]) -> bytes:
    return "".join(",".join(map(str, row)) + "\n" for row in rows).encode()
