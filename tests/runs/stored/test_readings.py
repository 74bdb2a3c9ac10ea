from __future__ import annotations

from pathlib import Path

import pytest

from mechgrok.errors import UserError
from mechgrok.report.curves import curves
from mechgrok.runs.run_files import RunFiles

HEAD = b"step,split,loss,accuracy\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "cannot be read"),
        (b"step,split,loss\n1,train,1\n", "has no column accuracy"),
        (HEAD + b"0,train,(((,1\n", "holds something other than numbers under loss"),
        (HEAD + b"0.5,train,1,1\n", "holds something other than numbers under step"),
        (HEAD + b",train,1,1\n0,train,1,1\n", "holds something other than numbers under step"),
        (HEAD + b"0,train,1,1,1,1\n", "has rows with more cells than columns"),
        (HEAD + b"0,\xff,1,1\n", "cannot be read"),
    ],
)
def test_a_broken_table_is_refused_in_a_line(content: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_bytes(content)
    with pytest.raises(UserError, match=rf"^{tmp_path / 'metrics.csv'} ({reason}).*; restore it from a copy$"):
        _ = RunFiles(tmp_path).metrics


@pytest.mark.parametrize("content", [HEAD + b"0,train,(((,1\n", HEAD + b"x,train,1,1\n", HEAD + b",train,1,1\n", HEAD + b"0,\xff,1,1\n"])
def test_the_curves_of_a_broken_table_are_refused_in_a_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_bytes(content)
    with pytest.raises(UserError, match=rf"^{tmp_path / 'metrics.csv'} .*; restore it from a copy$"):
        curves(tmp_path)


def test_readings_that_are_not_finite_or_empty_stay(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_bytes(HEAD + b"0,train,nan,\n10,test,inf,1\n")
    assert RunFiles(tmp_path).metrics["step"].tolist() == [0, 10]
    assert RunFiles(tmp_path / "nowhere").metrics.empty
