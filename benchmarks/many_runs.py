"""Seconds that `mechgrok list`, `table` and `compare` take for a folder of 500 runs, from the start of the process to its end.

`python benchmarks/many_runs.py [runs]` makes synthetic runs of ten weight decays in a temporary folder: 301 readings of two splits, and a
report's summary of three measures with key frequencies. They have no weights, so nothing can be computed from them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from mechgrok.api.settings import seeded
from mechgrok.training.presets import PRESETS

GROUPS, READINGS, STEPS = 10, 300, 3000


def main() -> None:
    """Makes the runs and prints a line for each command."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            _make(Path(folder) / f"run-{number}", 0.5 + number % GROUPS, number // GROUPS)
        for words in (["list", folder], ["table", folder, "--format", "csv"], ["compare", folder]):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-m", "mechgrok", *words], check=True, capture_output=True)
            print(f"{words[0]}: {time.perf_counter() - start:.1f} s")


def _make(run: Path, decay: float, seed: int) -> None:
    draw = np.random.default_rng([int(decay), seed])
    config = seeded(PRESETS["demo"].config, seed).model_dump(mode="json")
    config["optimizer"]["weight_decay"] = decay
    (run / "report").mkdir(parents=True)
    (run / "config.json").write_text(json.dumps(config))
    times = {"train": 100 * draw.lognormal(0, 0.2), "test": 2500 * draw.lognormal(0, 0.4) / (1 + decay / 3)}
    lines = [_reading(int(step), split, time) for step in np.linspace(0, STEPS, READINGS + 1) for split, time in times.items()]
    (run / "metrics.csv").write_text("step,split,loss,accuracy\n" + "".join(lines))
    keys = sorted(draw.choice(np.arange(1, 30), 5, replace=False).tolist())
    numbers = {"key-frequencies": {"frequencies": keys}, "logit-cosines": {"explained": 0.9}, "restricted-loss": {"all": 0.01}}
    found = {label: {"status": "ok", "step": STEPS, "headline": headline} for label, headline in numbers.items()}
    (run / "report" / "summary.json").write_text(json.dumps({"measures": found}))


def _reading(step: int, split: str, time: float) -> str:
    accuracy = 1.0 if step >= time else 0.9 * step / time
    return f"{step},{split},{4 * (1 - accuracy) + 1e-4:.6g},{accuracy:.6g}\n"


if __name__ == "__main__":
    main()
