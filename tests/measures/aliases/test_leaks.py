"""A planted leak shows as a gap of its own kind; the same training without it shows none."""

from __future__ import annotations

import pytest

from mechgrok.config import Config
from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import Result
from mechgrok.runs.run import open_run
from mechgrok.training import launch
from mechgrok.training.execution import Execution
from mechgrok.training.loop import Progress

pytestmark = pytest.mark.long


class Unwatched(Progress):
    def at(self, step: int) -> None: ...
    def recorded(self, step: int, evaluations: object) -> None: ...


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """Small networks from scratch: they learn what they are trained on by heart and nothing else."""
    root, results = tmp_path_factory.mktemp("leaks"), {}
    for leak in ("none", "DtQ1", "DfQ2", "Dt3"):
        config = {
            "task": {"kind": "aliases", "p": 41, "questions": 8, "held_out": 0.5},
            "split": {"kind": "designed", "leak": [] if leak == "none" else [leak]},
            "model": {"kind": "transformer", "d_model": 48, "heads": 2, "d_mlp": 96},
            "optimizer": {"kind": "adamw", "lr": 5e-3, "weight_decay": 0.1},
            "training": {"steps": 320, "switch_at": [160], "batch": 64, "sampling": "replacement", "evaluate_every": 160},
            "checkpoints": {"every": 80, "log_spaced": 0},
        }
        run = launch.begin(Config.model_validate(config), root / leak, Execution("cpu", 1))
        launch.resume(run, Unwatched())
        results[leak] = analyze(open_run(run.path), ["internalisation"], nulls=0)["internalisation"]
    return results


def excludes_zero(result: Result, name: str) -> bool:
    return not result.headline[f"{name}_low"] <= 0 <= result.headline[f"{name}_high"]


def test_without_a_leak_there_is_no_gap(found: dict[str, Result]) -> None:
    assert abs(found["none"].headline["weak_gap"]) < 0.1
    assert abs(found["none"].headline["strong_gap"]) < 0.1
    assert found["none"].headline["learned"] < 0.3


def test_held_out_questions_that_are_trained_on_show_as_a_weak_gap(found: dict[str, Result]) -> None:
    assert found["DtQ1"].headline["weak_gap"] > 0.6
    assert excludes_zero(found["DtQ1"], "weak")
    assert abs(found["DtQ1"].headline["strong_gap"]) < 0.1


def test_of_the_unreliable_set_as_a_negative_one(found: dict[str, Result]) -> None:
    assert found["DfQ2"].headline["weak_gap"] < -0.6
    assert excludes_zero(found["DfQ2"], "weak")


def test_questions_of_the_second_stage_show_as_a_strong_gap(found: dict[str, Result]) -> None:
    assert found["Dt3"].headline["strong_gap"] > 0.6
    assert excludes_zero(found["Dt3"], "strong")
    assert abs(found["Dt3"].headline["weak_gap"]) < 0.1
