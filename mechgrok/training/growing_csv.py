"""A CSV file that grows during training, and is truncated when a run is resumed from an earlier step."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from mechgrok.errors import UserError
from mechgrok.runs import store


class GrowingCsv:
    """A CSV file with a header, to which rows are appended."""

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        self.path = path
        self.header = header
        self._sum = _hash(b"")

    def begin(self) -> None:
        """Write a new file with the header alone."""
        lines = _lines([self.header])
        with store.naming(self.path):
            self.path.write_bytes(lines)
        self._sum = _hash(lines)

    def append(self, rows: Sequence[Sequence[object]]) -> None:
        """Append rows. Where the disk takes a part of them only, raises OSError and leaves the file as it was."""
        lines, length = _lines(rows), self.length
        try:
            with store.naming(self.path), self.path.open("ab") as file:
                file.write(lines)
        except OSError:
            os.truncate(self.path, length)
            raise
        self._sum.update(lines)

    def flush(self) -> None:
        """Flush the file to the disk."""
        with store.naming(self.path), self.path.open("rb") as file:
            os.fsync(file.fileno())

    @property
    def length(self) -> int:
        """The size of the file in bytes."""
        return self.path.stat().st_size

    def extent(self, name: str) -> dict[str, str]:
        """The size and the checksum of the file, as notes of a state that has the table under this `name`."""
        return {name: str(self.length), f"{name}-sum": self._sum.hexdigest()}

    def require(self, name: str, notes: Mapping[str, str]) -> None:
        """Raises UserError if the file is missing, has fewer bytes than the notes of a state give, or holds other rows before its end."""
        length, advice = int(notes[name]), f"restore it from a copy, or delete {store.STATE} to start over"
        if not self.path.is_file() or self.length < length:
            raise UserError(f"{self.path} lacks rows that were recorded before the state; {advice}")
        self._sum = _hash(self.path.read_bytes()[:length])
        # States of earlier versions have no checksum.
        if notes.get(f"{name}-sum", self._sum.hexdigest()) != self._sum.hexdigest():
            raise UserError(f"{self.path} has changed since the state was written: its checksum differs; {advice}")

    def cut(self, name: str, notes: Mapping[str, str]) -> None:
        """Truncate the file to the size in the notes of a state, which `require` has compared with it."""
        os.truncate(self.path, int(notes[name]))

    def rows(self) -> list[dict[str, str]]:
        """All rows, as strings by column name."""
        with self.path.open(newline="") as file:
            return list(csv.DictReader(file))


def _hash(content: bytes) -> hashlib.blake2b:
    return hashlib.blake2b(content, digest_size=16)


def _lines(rows: Sequence[Sequence[object]]) -> bytes:
    return "".join(",".join(map(str, row)) + "\n" for row in rows).encode()
