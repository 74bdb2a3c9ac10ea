"""Seconds, processor seconds and peak memory of a process of its own, and the measures that the benchmarks of large tables time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FROM_SUMS = [
    "loss",
    "key-frequencies",
    "logit-cosines",
    "neuron-frequencies",
    "embedding-spectrum",
    "neuron-logit-spectrum",
    "gini",
    "weight-norms",
]
"""Measures of weights, and of what one pass adds up."""
MEASURES = [*FROM_SUMS, "equivariance", "restricted-loss", "excluded-loss"]
MEASURED = """
import sys, time
begin, processor = time.perf_counter(), time.process_time()
exec(sys.argv.pop(1))
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
print(time.perf_counter() - begin, time.process_time() - processor, peak / 1e6)
"""


def measured(code: str, *words: str) -> tuple[float, float, float]:
    """Seconds, processor seconds and peak memory (GB) of a process of its own, whose other output is passed on."""
    process = subprocess.run([sys.executable, "-c", MEASURED, code, *words], capture_output=True, text=True, cwd=ROOT)
    *printed, last = process.stdout.splitlines() or [""]
    print("\n".join(printed), process.stderr, sep="", end="\n" if printed else "", flush=True)
    process.check_returncode()
    seconds, processor, peak = map(float, last.split())
    return seconds, processor, peak


def taken(seconds: float, processor: float, peak: float) -> str:
    """What a process took, in words."""
    return f"{seconds:.0f} s, {processor:.0f} processor seconds, {peak:.2f} GB"
