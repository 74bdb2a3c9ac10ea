"""What a GPU does: updates a second of one run and of stacks at p = 113, and the measures over checkpoints; at most five minutes.

`python benchmarks/gpu.py [runs]` prints the device and versions; the updates a second of one run of the preset nanda2023 and the
run-steps a second of a stack (strict float32, updates alone); the time of a run with its evaluations and 400 checkpoints; and the seconds
of all cheap measures over these, which are computed on the CPU. Without a GPU it prints one line.
"""

from __future__ import annotations

import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import torch

import mechgrok
from mechgrok.api.settings import seeded
from mechgrok.training.execution import Execution
from mechgrok.training.presets import PRESETS
from mechgrok.training.stack.member import Member
from mechgrok.training.stack.stack import Stack

UPDATES = 2_000
WARM_UP = 10
STEPS = 8_000
"""Of the run with evaluations and checkpoints."""


def main(runs: int = 32) -> None:
    """Prints all figures."""
    if not torch.cuda.is_available():
        print("no GPU here; these figures need one that torch can use through CUDA")
        return
    Execution("cuda").resolved()
    torch.backends.cuda.matmul.allow_tf32 = False
    print(
        f"{torch.cuda.get_device_name(0)}; torch {torch.__version__}, CUDA {torch.version.cuda}, mechgrok {version('mechgrok')}", flush=True
    )
    print(f"one run at p = 113: {rate(1):.0f} updates/s", flush=True)
    print(f"stack of {runs} at p = 113: {rate(runs):.0f} run-steps/s", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        whole_run(Path(folder) / "run")


def rate(runs: int) -> float:
    """Run-steps a second of a stack in memory, updates alone."""
    configs = [seeded(PRESETS["nanda2023"].config, seed) for seed in range(runs)]
    stack = Stack([Member(each, each.split.train_rows(each.task)) for each in configs], torch.device("cuda"))
    count = max(200, UPDATES // runs)
    for step in range(WARM_UP):
        stack.update(step)
    torch.cuda.synchronize()
    start = time.perf_counter()
    for step in range(WARM_UP, WARM_UP + count):
        stack.update(step)
    torch.cuda.synchronize()
    return runs * count / (time.perf_counter() - start)


def whole_run(out: Path) -> None:
    """Trains a run with evaluations and checkpoints, and computes the cheap measures at each."""
    start = time.perf_counter()
    run = mechgrok.train(
        "nanda2023", out, device="cuda", log="quiet", **{"training.steps": STEPS, "checkpoints.every": 20, "checkpoints.log_spaced": 0}
    )
    trained = time.perf_counter()
    print(f"a run of {STEPS} updates with {len(run.steps)} checkpoints: {trained - start:.1f} s", flush=True)
    mechgrok.analyze(run, nulls=0)
    print(f"all cheap measures over them, on the CPU: {time.perf_counter() - trained:.1f} s")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
