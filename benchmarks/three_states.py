"""A training step in three states of a network: initial, memorised and grokked, beside the plain loop and the bare products.

`GOMP_SPINCOUNT=20000 python benchmarks/three_states.py [readings]` takes the initial weights of the preset nanda2023 (p = 113), and those
of steps 180, 5 600, 11 100 and 15 000 of the run that comes with the package. From each it times, in turn, the four kinds of step of
`whole_run.py`, and prints medians and ratios by state. It takes about a minute and a half; `whole_run.py` trains the whole run.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch
from whole_run import KINDS, Reading, Training, by_state, reading

import mechgrok

READINGS, P = 3, 113


def trainings(folder: Path) -> Iterator[tuple[int, Training]]:
    """The untrained network, and those of the stored checkpoints, with their steps."""
    run = mechgrok.ready_run(folder)
    yield 0, Training.of(P)
    for step in run.steps:
        training = Training.of(P)
        for name, value in run.snapshot(step).weights.items():
            training.trainer.parameters[name].data.copy_(value)
        yield step, training


def main(count: int = READINGS) -> None:
    """Prints a line for each reading, then the medians by state."""
    found = list[Reading]()
    with tempfile.TemporaryDirectory() as folder:
        for step, training in trainings(Path(folder) / "ready"):
            for _ in range(count):
                found.append(reading(training, step))
                times = "  ".join(f"{kind} {found[-1].times[kind]:.1f} ms" for kind in KINDS)
                print(f"{step:6} train {found[-1].train:.3f} test {found[-1].test:.3f}  {times}", flush=True)
    by_state(found)


if __name__ == "__main__":
    torch.set_num_threads(2)
    main(*(int(word) for word in sys.argv[1:]))
