"""Whether arrays that are freed and asked for again cost page faults."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

SCRIPT = """
import resource, torch
from mechgrok.models.allocation import keep_freed_memory
def steps():
    for _ in range(10):
        arrays = [torch.ones(2**19) for _ in range(12)]
        del arrays
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
keep_freed_memory()
print(-steps() + steps())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another memory allocator than glibc's")
@pytest.mark.long
def test_freed_arrays_are_used_again() -> None:
    """Ten steps that fill 24 MiB are 61440 pages. The median of three: by luck of the addresses one process may do well without, and a
    system that reclaims idle memory may cost one process its pages."""
    command = [sys.executable, "-c", SCRIPT]
    runs = [subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert median(int(run.communicate()[0]) for run in runs) < 1000
