"""Train rows count with the labels that a corrupted run was trained with, in every measure that is split by train and test."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from corrupted import WAVES, made, three
from planted import handmade_snapshot, measured

from mechgrok.config import Config
from mechgrok.data.corruptions.increment import Increment
from mechgrok.data.corruptions.uniform import Uniform
from mechgrok.engine import registry
from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import NotApplicable
from mechgrok.runs.grid import Grid
from mechgrok.runs.run import open_run
from mechgrok.runs.snapshot import Snapshot
from mechgrok.tasks.modular import Modular

SPLIT_BY_SPLIT = ["loss", "label-probability", "restricted-loss", "excluded-loss", "frequency-ablation", "ipr-pruning"]


@pytest.mark.parametrize("name", [*SPLIT_BY_SPLIT, "component-ablation", "linear-attention-loss", "projection-loss", "loss-decomposition"])
def test_train_rows_count_with_the_labels_that_they_were_trained_with(name: str) -> None:
    """As they do where the table itself holds these labels; all and test rows as in the clean run. Rows of further kinds, which only
    the corrupted run has, are left out."""
    measure = registry.measures()[name]()
    tables = [measured(measure, snapshot).table for snapshot in three()]
    run, clean, told = (table[table["split"].isin(["all", "train", "test"])].reset_index(drop=True) for table in tables)
    train = run["split"] == "train"
    values = [column for column in ("loss", "accuracy", "probability", "perplexity") if column in run]
    assert train.any()
    assert not np.allclose(run.loc[train, values], clean.loc[train, values], equal_nan=True)
    assert np.allclose(run.loc[train, values], told.loc[train, values], rtol=1e-10, atol=1e-12, equal_nan=True)
    assert np.array_equal(run.loc[~train, values], clean.loc[~train, values], equal_nan=True)


def test_a_corrupted_label_outside_the_basis_is_refused(tmp_path: Path) -> None:
    """Of products of units the truth is never 0, but a random label may be; logarithms of 0 there are none."""
    folder = made(tmp_path / "run", Uniform(fraction=1.0))
    settings = Config.model_validate_json((folder / "config.json").read_text())
    task = settings.task.model_copy(update={"operation": "multiply"})
    (folder / "config.json").write_text(settings.model_copy(update={"task": task}).model_dump_json())
    run = open_run(folder)
    assert run.corrupted is not None
    assert any(run.corrupted.trained[a * 7 + b] == 0 for a, b in product(range(1, 7), repeat=2))
    found = analyze(run, ["excluded-loss"])["excluded-loss"]
    assert isinstance(found, NotApplicable)
    assert found.reason == "the corrupted label 0 of this run is no element of its multiplicative group; use basis=additive"


def test_a_view_renames_the_labels_that_were_trained_with() -> None:
    """Seen by logarithms to the base 3 modulo 7: 3^0 .. 3^5 = 1, 3, 2, 6, 4, 5."""
    task = Modular(p=7, operation="multiply")
    labels = Increment(fraction=1.0).labels(task, np.ones(49, dtype=bool))
    assert labels is not None
    grid = Grid.of(task, np.ones(49, dtype=bool), labels)
    view = Snapshot(grid, handmade_snapshot(7, WAVES).architecture, {}, 0).in_basis("multiplicative").grid
    powers = [1, 3, 2, 6, 4, 5]
    for row, (i, j) in enumerate(product(range(6), repeat=2)):
        told = (powers[i] * powers[j] + 1) % 7
        assert int(view.trained_labels[row]) == (powers.index(told) if told else -1)
