"""Traps of times in public code: what an epoch is, which threshold, first or sustained, and what failures are taken for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from made_curves import looked_at, run_with, steplike
from safetensors.numpy import load_file

from mechgrok.measures.grokking.grok_times import GrokTimes
from mechgrok.measures.grokking.slingshots import Slingshots

EVERY = range(0, 10_001, 100)


def ranked(found: dict[str, dict[str, object]], key: str) -> list[str]:
    return sorted(found, key=lambda name: found[name][key])  # type: ignore[arg-type, return-value]


def test_first_and_sustained_rank_optimisers_differently(tmp_path: Path) -> None:
    """Trap 12: the fast one touches the threshold once, collapses to .37, and comes back long after the stable one."""
    train = steplike(EVERY, 200)
    fast = steplike(EVERY, 7000, 0.37) | {1000: 1.0, 1100: 1.0}
    test = {"fast": fast, "stable": steplike(EVERY, 3000)}
    found = {
        name: looked_at(run_with(tmp_path / name, {"train": train, "test": curve}), GrokTimes()).headline for name, curve in test.items()
    }
    assert ranked(found, "generalised_first") == ["fast", "stable"]
    assert ranked(found, "generalised") == ["stable", "fast"]
    assert found["fast"]["generalised_first"] == 1000


def test_thresholds_rank_optimisers_differently(tmp_path: Path) -> None:
    """Trap 12: one is at .96 early and at .99 late."""
    train = steplike(EVERY, 200)
    test = {"early": steplike(EVERY, 8000, 0.96, 1.0) | steplike(range(0, 500, 100), 500), "late": steplike(EVERY, 3000)}
    runs = {name: run_with(tmp_path / name, {"train": train, "test": curve}) for name, curve in test.items()}
    at = {x: {name: looked_at(run, GrokTimes(test_threshold=x)).headline for name, run in runs.items()} for x in (0.95, 0.99)}
    assert ranked(at[0.95], "generalised") == ["early", "late"]
    assert ranked(at[0.99], "generalised") == ["late", "early"]


@pytest.mark.parametrize(("batch", "steps_an_epoch"), [(None, 1), (2, 10), (3, 7), (0.25, 4), ("auto", 2)])
def test_epochs_are_no_steps(tmp_path: Path, batch: Any, steps_an_epoch: int) -> None:
    """Trap 9: the same curve over optimiser steps, with 20 train rows in full batches, in ten, and in seven of which one is short."""
    run = run_with(tmp_path / "R", {"train": steplike(EVERY, 200), "test": steplike(EVERY, 3000)}, batch=batch)
    assert int(load_file(run.path / "split.safetensors")["is_train"].sum()) == 20
    found = looked_at(run, GrokTimes())
    rows = found.table[(found.table["criterion"] == GrokTimes().chosen) & (found.table["holds"] == 3)].set_index("split")
    assert found.headline["delay"] == 2800
    assert rows["step"].to_dict() == {"train": 200, "test": 3000}
    assert rows["epoch"].to_dict() == {"train": 200 / steps_an_epoch, "test": 3000 / steps_an_epoch}


def test_a_failure_is_no_late_success(tmp_path: Path) -> None:
    """A script that gives the last step where nothing was reached would say 10 000."""
    run = run_with(tmp_path / "R", {"train": steplike(EVERY, 200), "test": steplike(EVERY, 10_000, 0.2, 0.9)})
    found = looked_at(run, GrokTimes())
    assert [found.headline[key] for key in ("generalised", "generalised_first", "delay", "ratio")] == [None] * 4
    assert "by step 10000" in found.missing["generalised_first"]


def test_spikes_between_two_readings_are_not_there(tmp_path: Path) -> None:
    """Trap 1, counted: a run that was evaluated every 100 steps shows one of four spikes, and says how often it looked."""
    dense = {step: 1e-6 if step > 300 else 3.0 for step in range(10_001)} | dict.fromkeys((1000, 2050, 3333, 4071), 0.5)
    sparse = {step: dense[step] for step in EVERY}
    found = [looked_at(run_with(tmp_path / f"{len(loss)}", loss={"train": loss, "test": loss}), Slingshots()) for loss in (dense, sparse)]
    assert [(each.headline["spikes"], each.headline["interval"]) for each in found] == [(4, 1), (1, 100)]
