"""Runs whose networks are made by hand, and a task of products."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from made_runs import make_run
from planted import handmade
from safetensors.torch import save_file

from mechgrok.tasks.charts import Basis
from mechgrok.tasks.modular import Modular

Waves = Mapping[int, tuple[float, float]]
"""Amplitude and angle of each frequency."""


def waves_of(difference: np.ndarray, p: int, waves: Waves) -> np.ndarray:
    """sum_k A cos(w_k difference + delta)."""
    return sum(A * np.cos(2 * np.pi * (k * difference % p) / p + delta) for k, (A, delta) in waves.items())


def handmade_run(folder: Path, p: int, waves: Waves, train: float | None = 0.4) -> Path:
    """A run of one checkpoint, in float64, with logits sum_k A cos(w_k (a + b - c) + delta)."""
    make_run(folder, p=p, steps=(), train=train)
    config = json.loads((folder / "config.json").read_text())
    config["model"] |= {"d_model": p + 1, "heads": 1, "d_head": 1, "d_mlp": 2 * p - 1}
    config["task"]["loss_classes"] = "numbers"
    (folder / "config.json").write_text(json.dumps(config))
    save_file(handmade(p, lambda S, c: waves_of(S - c, p, waves)), folder / "weights" / "00000040.safetensors")
    return folder


class Product(Modular):
    """a * b modulo a prime: a sum of logarithms, but for rows with a 0."""

    @property
    def basis(self) -> Basis | None:
        return "multiplicative"

    def labels(self) -> np.ndarray:
        a, b, _ = self.inputs().T
        return a * b % self.p


class Holes(Modular):
    """Addition, of which the last row is missing."""

    def table(self) -> tuple[np.ndarray, np.ndarray]:
        operands, labels = super().table()
        return operands[:-1], labels[:-1]


class Few(Modular):
    """Addition over three rows, two of them of equal sum."""

    def table(self) -> tuple[np.ndarray, np.ndarray]:
        return np.array([[0, 1], [1, 0], [3, 3]]), np.array([1, 1, 6 % self.p])
