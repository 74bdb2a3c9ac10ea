"""When a process started."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mechgrok.runs.locks import process_start


def test_a_process_has_one_start_and_its_child_another() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        mine, others = process_start.process_start(os.getpid()), process_start.process_start(child.pid)
        assert mine == process_start.process_start(os.getpid())
        assert mine != others
        assert others
        assert child.stdin
        child.stdin.close()
    assert process_start.process_start(child.pid) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_the_start_does_not_depend_on_the_name_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Field 22 of /proc/PID/stat, whatever stands in the parentheses (proc(5))."""
    fields = " ".join(map(str, range(3, 53)))
    texts = {"stat": f"17 (a ) b) {fields}", "boot_id": "boot\n"}
    monkeypatch.setattr(process_start.Path, "read_text", lambda path, **_: texts[path.name])
    assert process_start.process_start(17) == "boot 22"
