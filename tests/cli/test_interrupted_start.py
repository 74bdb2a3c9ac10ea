"""Ctrl-C in the first seconds of a command, while it imports what it needs: one line, and nothing is written."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tiny_flags import QUIET, TINY

WORDS = ("-m", "mechgrok", "train", "demo", *TINY, *QUIET, "--training.steps", "100000", "--out")


def listening() -> None:
    """Gives a process the usual treatment of Ctrl-C; a shell makes those in the background ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for_library(process: subprocess.Popen[str], name: str) -> None:
    """Until a process has loaded a library, and so is among its imports."""
    while name not in Path(f"/proc/{process.pid}/maps").read_text():
        assert process.poll() is None
        time.sleep(0.005)


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="libraries of a process are read from /proc")
@pytest.mark.parametrize("library", ["pydantic_core", "libtorch_cpu"])
@pytest.mark.parametrize("times", [1, 2])
def test_an_interrupted_start_ends_in_one_line(library: str, times: int, tmp_path: Path) -> None:
    command = [sys.executable, *WORDS, str(tmp_path / "run")]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, preexec_fn=listening, **pipes) as process:
        try:
            wait_for_library(process, library)
            for _ in range(times):
                process.send_signal(signal.SIGINT)
                time.sleep(0.02)
            text, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert text == "mechgrok: interrupted; nothing was written\n"
    # Python may end itself by the signal, too; a shell shows 130 for both.
    assert process.returncode in (130, -signal.SIGINT)
    assert list(tmp_path.iterdir()) == []
