"""Whether arrays that are freed and asked for again cost page faults."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import resource, sys, torch
from mechgrok.models.allocation import keep_freed_memory
if sys.argv[1] == "kept":
    keep_freed_memory()
step = lambda: [torch.ones(2**21) for _ in range(3)]
step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another memory allocator than glibc's")
def test_freed_arrays_are_used_again() -> None:
    """Three arrays of 8 MiB are 6144 pages, ten times over."""
    root = Path(__file__).parents[2]
    faults = [int(subprocess.check_output([sys.executable, "-c", SCRIPT, mode], cwd=root)) for mode in ("kept", "default")]
    assert faults[0] < 7000 < faults[1]
