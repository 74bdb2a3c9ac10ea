"""Commands that read a run connect to nothing."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from made_runs import make_run

from mechgrok.cli import main


def refuse(*given: Any) -> None:
    raise AssertionError(f"a connection to {given[1:]}")


def test_commands_on_a_run_connect_to_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = str(make_run(tmp_path / "run"))
    for name in ("connect", "connect_ex", "bind", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(AssertionError, match="a connection"):
        socket.create_connection(("localhost", 9))
    for words in (["analyze", run, "loss", "--nulls", "0"], ["report", run], ["audit", run], ["list", str(tmp_path)]):
        assert main(words) == 0
