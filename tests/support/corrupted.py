"""Runs with corrupted labels, and networks that follow a rule, the truth, or the labels they were trained with."""

from __future__ import annotations

import math
from itertools import product
from pathlib import Path

import numpy as np
import torch
from made_runs import config as made_config
from made_runs import make_run
from planted import Planted, handmade_snapshot
from safetensors.numpy import save_file

from mechgrok.config import Config
from mechgrok.data.corruptions.corruption import Corruption, Labels
from mechgrok.data.corruptions.uniform import Uniform
from mechgrok.runs.grid import Grid
from mechgrok.runs.run import open_run
from mechgrok.runs.snapshot import Snapshot
from mechgrok.tasks.modular import Modular

P, N, SURE = 11, 4, 5.0
TASK = Modular(p=P)
TRAIN = np.random.default_rng(2).permutation(P * P) < 70
RIGHT = math.log(1 + (P - 1) * math.exp(-SURE))
"""Loss of a row whose label has SURE logits more than all others."""
WRONG = RIGHT + SURE
"""And of one whose label is among these others."""
KINDS = [
    *("train_clean_truth", "train_poisoned_trained", "train_poisoned_truth"),
    *("test_clean_truth", "test_trigger_rule", "test_trigger_truth"),
]
SMALL = np.random.default_rng(7).permutation(49) < 30
WAVES = {1: 1.2, 3: 2.0}


def corrupted(rule: Corruption, train: np.ndarray = TRAIN) -> Labels:
    labels = rule.labels(TASK, train)
    assert labels is not None
    return labels


def following(answers: np.ndarray, labels: Labels, train: np.ndarray = TRAIN) -> Planted:
    """A network that is as sure of one answer in every row."""
    logits = SURE * torch.nn.functional.one_hot(torch.from_numpy(answers), P).double()
    return Planted(Grid.of(TASK, train, labels), logits)


def counted() -> dict[tuple[str, str], tuple[int, int]]:
    """Of the rule `label b where b is 0, 4 or 8`: rows of each kind, and on how many of them b = a + b, that is a = 0."""
    found = {(split, kind): (0, 0) for split in ("train", "test") for kind in ("clean", "corrupted")}
    for row, (a, b) in enumerate(product(range(P), repeat=2)):
        kind = ("train" if TRAIN[row] else "test", "corrupted" if b in (0, 4, 8) else "clean")
        rows, same = found[kind]
        found[kind] = rows + 1, same + (a == 0)
    return found


def expected(share: float) -> float:
    """The loss where that share of rows is right."""
    return share * RIGHT + (1 - share) * WRONG


class Told(Modular):
    """Addition modulo 7 whose table holds the labels that were trained with; its phase is the sum all the same."""

    p: int = 7
    told: tuple[int, ...] = ()

    def labels(self) -> np.ndarray:
        return np.array(self.told)

    def phase(self) -> np.ndarray:
        return super().labels()


def three() -> tuple[Snapshot, Snapshot, Snapshot]:
    """The same network on a corrupted run, on a clean one, and on the table that says what was trained with."""
    labels = Uniform(fraction=0.5, among="wrong").labels(Modular(p=7), SMALL)
    clean = handmade_snapshot(7, WAVES, SMALL)
    assert labels is not None
    told = Told(told=tuple(labels.trained.tolist()), loss_classes="numbers")
    grids = Grid.of(Modular(p=7), SMALL, labels), clean.grid, Grid.of(told, SMALL)
    one, two, other = (Snapshot(grid, clean.architecture, clean.weights, 0) for grid in grids)
    return one, two, other


def made(folder: Path, corruption: Corruption | None, p: int = 7) -> Path:
    """A random network's run, of one checkpoint or two, with corrupted labels."""
    make_run(folder, p=p, steps=(0, 20))
    settings = made_config(p, 0.4, False) | ({"corruption": corruption.model_dump()} if corruption else {})
    (folder / "config.json").write_text(Config.model_validate(settings).model_dump_json())
    run = open_run(folder)
    assert run.is_train is not None
    labels = corruption.labels(run.task, run.is_train) if corruption else None
    save_file({"is_train": run.is_train.astype(np.uint8), **(labels.arrays() if labels else {})}, folder / "split.safetensors")
    return folder
