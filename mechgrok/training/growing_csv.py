"""A file of comma-separated values that grows while a run is trained, and is cut where the run is taken up again."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path

from mechgrok.errors import UserError
from mechgrok.runs import store


class GrowingCsv:
    """Rows under a header, appended whole."""

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        self.path = path
        self.header = header

    def begin(self) -> None:
        """A new file with the header alone."""
        self.path.write_bytes(_lines([self.header]))

    def append(self, rows: Sequence[Sequence[object]]) -> None:
        """Adds rows in one write."""
        with self.path.open("ab", buffering=0) as file:
            file.write(_lines(rows))

    def flushed(self) -> int:
        """Bytes of the file, all of them on the disk."""
        with self.path.open("rb") as file:
            os.fsync(file.fileno())
        return self.path.stat().st_size

    def require(self, length: int) -> None:
        """Raises UserError where the file has fewer bytes."""
        if not self.path.is_file() or self.path.stat().st_size < length:
            advice = f"restore it from a copy, or delete {store.STATE} to start over"
            raise UserError(f"{self.path} lacks rows that the state counts on; {advice}")

    def cut(self, length: int) -> None:
        """Drops what lies beyond so many bytes."""
        os.truncate(self.path, length)

    def rows(self) -> list[dict[str, str]]:
        """All rows, by the names in the header."""
        with self.path.open(newline="") as file:
            return list(csv.DictReader(file))


def _lines(rows: Sequence[Sequence[object]]) -> bytes:
    return "".join(",".join(map(str, row)) + "\n" for row in rows).encode()
