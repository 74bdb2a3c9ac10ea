"""Optimisers, gradient filters, schedules and random numbers of a resumed run are those of an uninterrupted one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from trained_runs import Interrupting, begin, config, contents, resume, train

from mechgrok.discovery import kinds
from mechgrok.training import recorder

KINDS: dict[str, dict[str, Any]] = {
    "adamw to the initial weights": {"optimizer__decay_to": "init", "optimizer__decay_scope": ["matrices"], "training__init_scale": 2.0},
    "adam": {"optimizer__kind": "adam", "optimizer__l2": 0.1, "optimizer__decay_to": "init"},
    "sgd": {"optimizer__kind": "sgd", "optimizer__lr": 0.1, "optimizer__decay_scope": ["embedding", "biases"], "optimizer__l2": 0.1},
    "sgd without momentum": {"optimizer__kind": "sgd", "optimizer__momentum": 0.0, "optimizer__nesterov": False},
    "rmsprop": {"optimizer__kind": "rmsprop", "optimizer__momentum": 0.5},
    "muon": {"optimizer__kind": "muon", "optimizer__decay_scope": ["mlp"], "schedule__kind": "cosine", "schedule__length": 10},
    "muon with AdamW for biases only": {"optimizer__kind": "muon", "optimizer__decay_to": "init"},
    "grokfast": {"gradient__kind": "grokfast", "training__clip_norm": 0.1},
    "grokfast-ma": {"gradient__kind": "grokfast-ma", "gradient__window": 5, "training__batch": "auto"},
    "orthogonal": {"gradient__kind": "orthogonal", "training__loss": "stablemax", "training__loss_dtype": "float32"},
    "weight noise": {"training__weight_noise": 0.1, "training__lp_alpha": 0.01, "training__batch": 0.3},
    "replacement": {"training__batch": 5, "training__sampling": "replacement", "training__loss": "mse"},
    "fixed order": {"training__batch": 5, "training__sampling": "fixed"},
}
PARTS = [(f"{part}__kind", kind) for part in ("optimizer", "gradient", "schedule") for kind in kinds(f"training.{part}s")]
DEFAULTS = {"adamw", "none", "linear-warmup"}
KINDS |= {kind: {path: kind} for path, kind in PARTS if kind not in DEFAULTS | {case.get(path) for case in KINDS.values()}}


@pytest.mark.parametrize("changed", KINDS.values(), ids=KINDS)
def test_after_interruptions_the_bytes_are_the_same(changed: dict[str, Any], tmp_path: Path) -> None:
    """After steps 2 (windows are not full), 10 (a checkpoint) and 13 (between two evaluations)."""
    made = config(**changed, training__steps=16)
    whole = contents(train(made, tmp_path / "whole").path)
    begin(made, tmp_path / "run")
    for step in (2, 10, 13):
        assert resume(tmp_path / "run", Interrupting(step)).interrupted
    assert not resume(tmp_path / "run").interrupted
    assert contents(tmp_path / "run") == whole


@pytest.mark.parametrize("changed", [KINDS[name] for name in ("grokfast", "grokfast-ma", "muon", "sgd", "rmsprop")])
def test_without_its_memory_a_run_would_go_on_otherwise(changed: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So the test above can fail."""
    made = config(**changed, training__steps=16)
    whole = contents(train(made, tmp_path / "whole").path)
    resume(begin(made, tmp_path / "run"), Interrupting(13))
    with monkeypatch.context() as patch:
        read = recorder.store.read_tensors

        def without_memory(path: Path) -> Any:
            state, notes = read(path)
            return {name: tensor for name, tensor in state.items() if name.startswith("weights.")}, notes

        patch.setattr(recorder.store, "read_tensors", without_memory)
        resume(tmp_path / "run")
    assert contents(tmp_path / "run")["weights/00000016.safetensors"] != whole["weights/00000016.safetensors"]


def test_a_loss_other_than_cross_entropy_has_a_column_of_its_own(tmp_path: Path) -> None:
    run = train(config(training__loss="mse", training__stop={"test_loss_below": 0.3}, training__steps=60), tmp_path / "run")
    assert run.metrics.columns.tolist() == ["step", "split", "loss", "accuracy", "trained_loss"]
    test = run.metrics[run.metrics["split"] == "test"]
    assert (test["trained_loss"].iloc[:-1] >= 0.3).all()
    assert test["trained_loss"].iloc[-1] < 0.3 < test["loss"].iloc[-1]
    assert test["step"].iloc[-1] < 60
