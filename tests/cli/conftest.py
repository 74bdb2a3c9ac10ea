"""Fixtures of the tests of commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from made_runs import make_run
from quick_flags import sources_read_once
from trained_runs import torch_settings_kept

from mechgrok.cli import main

__all__ = ["sources_read_once"]

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs a command; gives its exit status, standard output and standard error."""

    def run(*words: object) -> tuple[int, str, str]:
        status = main([str(word) for word in words])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working directory; torch's threads and determinism are as before afterwards."""
    monkeypatch.chdir(tmp_path)
    with torch_settings_kept():
        yield tmp_path


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A folder of two runs of random weights: a (p = 7) and b (p = 8)."""
    make_run(tmp_path / "runs" / "a")
    make_run(tmp_path / "runs" / "b", p=8)
    return tmp_path / "runs"
