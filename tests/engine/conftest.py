"""Runs for the engine: random networks, and handmade ones whose key frequencies change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_measures import CALLS
from made_runs import make_run
from planted import PLANTED, plant


@pytest.fixture(autouse=True)
def _no_calls_yet() -> None:
    CALLS.clear()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_run(tmp_path / "run")


@pytest.fixture
def grokking(tmp_path: Path) -> Path:
    """A run whose key frequencies change; its weights are handmade, in float32."""
    folder = make_run(tmp_path / "grokking", steps=())
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config["model"] |= {"d_model": 8, "heads": 1, "d_head": 1, "d_mlp": 13}
    config["task"]["loss_classes"] = "numbers"
    path.write_text(json.dumps(config))
    for step, amplitudes in PLANTED.items():
        plant(folder, step, amplitudes)
    return folder
