"""Collected readings of runs that were never trained: numbers that lead by a known number of steps, and noise."""

from __future__ import annotations

import numpy as np
import pandas as pd

LEAD, EVERY, LAST = 60, 20, 800
FACTS = ["run", "setting", "task", "network", "p", "seed", "moved", "grokked", "last", "best"]


def collected(settings: int = 3, seeds: int = 16, noises: int = 0, noise: float = 0.1) -> pd.DataFrame:
    """Runs of which half of each setting grok, at random steps; `gini: planted x` rises by 1 from LEAD steps before the accuracy moves."""
    generator = np.random.default_rng(0)
    runs = [_run(generator, setting, seed, noise) for setting in range(settings) for seed in range(seeds)]
    table = pd.concat(runs, ignore_index=True)
    drawn = {f"margin: noise {number}": generator.normal(size=len(table)) for number in range(noises)}
    return pd.concat([table, pd.DataFrame(drawn)], axis=1)


def _run(generator: np.random.Generator, setting: int, seed: int, noise: float) -> pd.DataFrame:
    moved = int(generator.integers(10, 30)) * EVERY if seed % 4 < 2 else None
    steps = np.arange(0, LAST if moved is None else moved, EVERY)
    begins = np.inf if moved is None else moved - LEAD
    facts = {"run": f"{setting}-s{seed}", "setting": str(setting), "task": "", "network": "", "p": 31, "seed": seed}
    end = {"moved": moved, "grokked": None if moved is None else moved + 40, "last": LAST, "best": 1.0 if moved else 0.1}
    drawn = generator.normal(size=(3, len(steps)))
    numbers = {
        "gini: planted x": (steps >= begins) + noise * drawn[0],
        "gini: planted fallen": (steps < begins) + noise * drawn[1],
        "ranks: setting": setting + 0.0 * steps,
        "loss: train": drawn[2],
        "loss: test": drawn[2],
        "weight-norms: total": drawn[2],
    }
    found = pd.DataFrame({"step": steps, **facts, **end, **numbers})
    return found.astype({"moved": "Int64", "grokked": "Int64"})
