"""Throughput of a sweep on the cores of this machine, beside the same runs one after another.

`python benchmarks/sweep.py [cells] [steps]` trains the demo (p = 59) with so many seeds in three ways: by a loop of `mechgrok train` in a
shell, one command a seed; one after another in a single process, which starts once; and as `mechgrok sweep` does, one single-threaded
process a core, whose start is part of its time. The first two use the number of threads that is fastest. It prints the times, their
ratios, and the CPU time of each: on cores that others use, too, only the CPU time can be compared.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import mechgrok

CELLS, STEPS = 6, 1500


def spent(call: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds of a call, its processes included."""
    start, before = time.perf_counter(), _cpu()
    call()
    return time.perf_counter() - start, _cpu() - before


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main(cells: int, steps: int) -> None:
    """Prints the times."""
    values = {"training.steps": steps}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)

        def shell_loop() -> None:
            flags = ["--training.steps", str(steps), "--device", "cpu", "--log", "quiet"]
            for seed in range(cells):
                words = ["train", "demo", "--out", str(out / f"loop{seed}"), "--seed", str(seed), *flags]
                subprocess.run([sys.executable, "-m", "mechgrok", *words], check=True, capture_output=True)

        def one_after_another() -> None:
            for seed in range(cells):
                mechgrok.train("demo", out / f"alone{seed}", seed=seed, device="cpu", log="quiet", **values)

        def sweep() -> None:
            found = mechgrok.sweep("demo", {}, out / "sweep", seeds=range(cells), device="cpu", log="quiet", **values)
            assert {cell.state for cell in found.cells} == {"finished"}

        mechgrok.train("demo", out / "warm", device="cpu", log="quiet", **{"training.steps": 1})
        loop, loop_cpu = spent(shell_loop)
        alone, alone_cpu = spent(one_after_another)
        swept, swept_cpu = spent(sweep)
        threads = mechgrok.open_run(out / "alone0").execution["threads"]
    print(f"{cells} runs of {steps} steps, load {os.getloadavg()[0]:.1f}")
    print(f"a loop of `mechgrok train`: {loop:.0f} s ({loop_cpu:.0f} s of CPU)")
    print(f"one after another in one process, {threads} threads: {alone:.0f} s ({alone_cpu:.0f} s of CPU)")
    print(f"sweep, one process a core: {swept:.0f} s ({swept_cpu:.0f} s of CPU)")
    print(f"throughput {loop / swept:.2f} times that of the loop, {alone / swept:.2f} times that of the single process")


if __name__ == "__main__":
    main(*(int(word) for word in [*sys.argv[1:], *(str(CELLS), str(STEPS))[len(sys.argv) - 1 :]]))
