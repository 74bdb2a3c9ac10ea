"""When a process of this machine started: its number is given again after it has ended, its start is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_STARTED = 19
"""The place of the start, in ticks since the machine started, behind the name in /proc/PID/stat (proc(5), field 22)."""


def process_start(pid: int) -> str:
    """A text that differs for two processes that had the same number; empty where no process has it now."""
    return _from_proc(pid) if sys.platform == "linux" else _from_ps(pid)


def _from_proc(pid: int) -> str:
    try:
        # The name of a program stands in parentheses, and may hold spaces and parentheses itself.
        after_name = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2]
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
    return f"{boot} {after_name.split()[_STARTED]}"


def _from_ps(pid: int) -> str:
    return subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
