"""What a sweep will take: steps times the time of a step, checkpoints times the size of one."""

from __future__ import annotations

import pytest
from trained_runs import config, torch_settings_kept, train

from mechgrok.studies import estimate
from mechgrok.training.execution import Execution


@pytest.fixture(autouse=True)
def _torch():
    with torch_settings_kept():
        yield


def test_seconds_are_those_of_updates_and_evaluations(monkeypatch: pytest.MonkeyPatch) -> None:
    """20 updates of .5 s, and evaluations at 0, 4, 8, 10, 12, 16 and 20 of 2 s: a checkpoint at 10 is evaluated too."""
    monkeypatch.setattr(estimate, "_timed", lambda config, execution: (0.5, 2.0))
    (found,) = estimate.estimates([config()], Execution("cpu", 1))
    assert found.seconds == 20 * 0.5 + 7 * 2.0


def test_the_size_is_that_of_the_files(tmp_path) -> None:
    wanted = config(model__d_mlp=64)
    run = train(wanted, tmp_path / "run")
    written = sum(path.stat().st_size for path in [*(run.path / "weights").iterdir(), run.path / "state.safetensors"])
    (found,) = estimate.estimates([wanted], Execution("cpu", 1))
    assert found.size == pytest.approx(written, rel=0.2)


def test_configs_that_differ_by_seeds_and_rates_are_timed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    timed = []
    monkeypatch.setattr(estimate, "_timed", lambda config, execution: timed.append(config) or (1.0, 1.0))
    same = [config(model__seed=seed, split={"kind": "python-shuffle", "fraction": 0.5, "seed": seed}) for seed in range(3)]
    rates = [config(optimizer={"kind": "adamw", "lr": rate}) for rate in (0.1, 0.2)]
    others = [config(task__p=11), config(model__d_mlp=8), config(optimizer={"kind": "sgd"}), config(training__batch=3)]
    estimate.estimates([*same, *rates, *others], Execution("cpu", 1))
    assert len(timed) == 1 + len(others)


def test_an_update_takes_time() -> None:
    (found,) = estimate.estimates([config()], Execution("cpu", 1))
    assert 0 < found.seconds < 60
