"""A run of many checkpoints: what a checkpoint costs does not grow with their number, and memory stays flat.

Operations and objects are counted; nothing is timed.
"""

from __future__ import annotations

import gc
import os
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_runs import make_run
from trained_runs import begin, config, resume

from mechgrok.engine import results
from mechgrok.engine.analyze import analyze
from mechgrok.engine.tables import Tables
from mechgrok.measures.grokking.loss import Loss
from mechgrok.runs import lazy_weights
from mechgrok.runs.run import open_run

MEASURES = ["loss", "gini", "grok-times"]


def joined_tables(folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many tables of single steps an analysis joins with others."""
    count, with_ = [0], Tables.with_

    def counted(self: Tables, new: Any) -> Tables:
        count[0] += len(self.by_step) + len(new)
        return with_(self, new)

    with monkeypatch.context() as patch:
        patch.setattr(Tables, "with_", counted)
        analyze(open_run(folder), MEASURES, nulls=0)
    return count[0]


def test_an_analysis_of_twice_the_checkpoints_joins_twice_the_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = (joined_tables(make_run(tmp_path / str(count), steps=range(count)), monkeypatch) for count in (20, 40))
    assert few > 0
    assert many <= 2 * few


def listed(steps: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many names of files a training with a checkpoint at each step reads from folders."""
    count, listdir = [0], os.listdir
    run = begin(config(training__steps=steps, training__evaluate_every=1, checkpoints__every=1), folder)

    def counted(*given: Any) -> list[Any]:
        found = listdir(*given)
        count[0] += len(found)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(os, "listdir", counted)
        resume(run)
    return count[0]


def test_a_training_with_twice_the_checkpoints_reads_twice_the_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = (listed(steps, tmp_path / str(steps), monkeypatch) for steps in (10, 20))
    assert few > 0
    assert many <= 2 * few


def test_an_analysis_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted after half of the checkpoints, it computes the other half alone."""
    monkeypatch.setattr(results, "INTERVAL", 0.0)
    folder, seen, compute = make_run(tmp_path / "run", steps=range(40)), Counter[int](), Loss.compute

    def counted(self: Loss, snapshot: Any, given: Any) -> Any:
        if len(seen) == 20:
            raise KeyboardInterrupt
        seen[snapshot.step] += 1
        return compute(self, snapshot, given)

    monkeypatch.setattr(Loss, "compute", counted)
    with pytest.raises(KeyboardInterrupt):
        analyze(open_run(folder), ["loss"], nulls=0)
    assert len(seen) == 20
    first = Counter(seen)
    seen.clear()
    table = analyze(open_run(folder), ["loss"], nulls=0)["loss"].table
    assert sorted((first + seen).items()) == [(step, 1) for step in range(40)]
    assert table["step"].nunique() == 40


LEAK = tracemalloc.Filter(False, lazy_weights.__file__)
"""safetensors 0.8 loses two integers of 28 bytes with each tensor that it reads, which are not counted."""


def kept(work: Callable[[int], object], warm: int, count: int) -> tuple[int, int]:
    """Objects and bytes of memory that `count` calls leave behind after the first ones, which fill caches."""
    for number in range(warm):
        work(number)
    gc.collect()
    objects = len(gc.get_objects())
    tracemalloc.start()
    for number in range(warm, warm + count):
        work(number)
    gc.collect()
    sizes = tracemalloc.take_snapshot().filter_traces([LEAK]).statistics("filename")
    tracemalloc.stop()
    return len(gc.get_objects()) - objects, sum(each.size for each in sizes)


@pytest.mark.long
def test_a_thousand_snapshots_leave_nothing_behind(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run", steps=range(4)))

    def look(number: int) -> None:
        snapshot = run.snapshot(number % 4)
        _ = snapshot.logits, snapshot.phase_sums, snapshot.losses

    objects, size = kept(look, 100, 1000)
    assert objects < 100
    assert size < 100_000


@pytest.mark.long
def test_a_hundred_opened_runs_leave_nothing_behind(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", steps=(0, 10))
    analyze(open_run(folder), ["loss"], nulls=0)

    def look(number: int) -> None:
        run = open_run(folder)
        _ = run.metrics, run.grid, run.snapshot().logits, results.Results(folder).over(Loss(), [0, 10]), run._repr_html_()

    objects, size = kept(look, 10, 100)
    assert objects < 100
    assert size < 100_000
