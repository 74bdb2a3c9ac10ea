from __future__ import annotations

import errno
import io
from pathlib import Path
from typing import Any

import pytest

from mechgrok.training.growing_csv import GrowingCsv


class Full(io.FileIO):
    """A file on a disk that takes three more bytes."""

    def write(self, content: Any, /) -> int:
        super().write(bytes(content)[:3])
        raise OSError(errno.ENOSPC, "No space left on device", self.name)


def test_rows_that_a_full_disk_takes_in_part_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = GrowingCsv(tmp_path / "metrics.csv", ("step", "loss"))
    table.begin()
    table.append([(0, 1.5)])
    extent, before = table.extent("metrics"), table.path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda path, mode: Full(path, mode))
        with pytest.raises(OSError, match="No space left"):
            table.append([(1, 2.5), (2, 3.5)])
    assert table.path.read_bytes() == before == b"step,loss\n0,1.5\n"
    assert table.extent("metrics") == extent
    table.append([(1, 2.5)])
    assert [row["loss"] for row in table.rows()] == ["1.5", "2.5"]
    assert table.extent("metrics") != extent
