"""internalisation on planted networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_runs import make_run

from mechgrok.config import Config
from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import Result
from mechgrok.measures.aliases.internalisation import Internalisation
from mechgrok.runs.run import Run, open_run
from mechgrok.tasks.aliases import Aliases
from mechgrok.training import launch
from mechgrok.training.execution import Execution

P, SURE = 41, 6.0
TASK = Aliases(p=P, questions=6, held_out=0.5)
ACCURACIES = {
    "DtQ1": (0.1, 0.5, 0.8, 0.9, 0.2),
    "DfQ2": (0.1, 0.4, 0.5, 0.5, 0.9),
    "Dt3": (0.0, 0.9, 0.9, 0.3, 0.7),
    "Df4": (0.0, 0.0, 0.0, 0.1, 0.4),
}
STEPS = (0, 10, 20, 40, 60)


def staged(folder: Path, **split: Any) -> Run:
    """A run with a switch at step 40 of 60, not trained yet."""
    config = {
        "task": TASK.model_dump(),
        "split": {"kind": "designed", **split},
        "model": {"kind": "transformer", "d_model": 8, "heads": 1, "d_mlp": 4},
        "training": {"steps": 60, "switch_at": [40], "batch": 8, "sampling": "replacement"},
    }
    return launch.begin(Config.model_validate(config), folder, Execution("cpu", 1))


@pytest.fixture(scope="module")
def gaps(tmp_path_factory: pytest.TempPathFactory) -> Result:
    rows = [
        {"part": name, "rows_are": "held out", "step": step, "accuracy": value, "error": 0.03 if name.startswith("Dt") else 0.04}
        for name, values in ACCURACIES.items()
        for step, value in zip(STEPS, values, strict=True)
    ]
    measure = Internalisation()
    return Result(measure, measure.compute(staged(tmp_path_factory.mktemp("runs") / "run"), {"accuracy": pd.DataFrame(rows)}))


def test_gaps_are_those_of_the_late_checkpoints_of_their_stage(gaps: Result) -> None:
    """Weak: at 20 and 40, .3 and .4, not at 10 (too early) nor 60 (second stage). Strong: at 60 alone."""
    assert gaps.headline["weak_gap"] == pytest.approx(0.35)
    assert gaps.headline["strong_gap"] == pytest.approx(0.3)
    assert gaps.headline["accuracy_DtQ1"] == pytest.approx(0.85)
    assert gaps.headline["accuracy_Df4"] == pytest.approx(0.4)
    assert gaps.headline["learned"] == pytest.approx((0.85 + 0.5) / 2)


def test_their_intervals_are_those_of_a_difference(gaps: Result) -> None:
    """Strong: .7, error .03, less .4, error .04, at step 60. Wilson's ends are the roots of (q - x)^2 = z^2 x (1 - x) / m."""

    def wilson(q: float, error: float) -> np.ndarray:
        drift = 1.959963984540054**2 * error**2 / (q * (1 - q))
        return np.sort(np.roots([1 + drift, -2 * q - drift, q * q]))

    (low, high), (low_other, high_other) = wilson(0.7, 0.03), wilson(0.4, 0.04)
    assert gaps.headline["strong_low"] == pytest.approx(0.3 - np.hypot(0.7 - low, high_other - 0.4), rel=1e-9)
    assert gaps.headline["strong_high"] == pytest.approx(0.3 + np.hypot(high - 0.7, 0.4 - low_other), rel=1e-9)
    weak = gaps.table[(gaps.table["name"] == "weak") & gaps.table["counts"]]
    assert [gaps.headline[f"weak_{end}"] for end in ("low", "high")] == pytest.approx([weak["low"].mean(), weak["high"].mean()])
    assert len(weak) == 2


def test_the_figure_shows_sets_and_gaps(gaps: Result) -> None:
    assert {trace.name for trace in gaps.figure().data} >= {"DtQ1", "DfQ2", "Dt3", "Df4", "weak", "strong"}


def test_a_task_without_the_second_stages_sets_says_so(tmp_path: Path) -> None:
    task = Aliases(p=P, questions=6, sets=("DtQ1", "DfQ2", "N9"))
    run = open_run(make_run(tmp_path / "run", task=task, steps=(0, 20)))
    found = analyze(run, [Internalisation()], nulls=0)["internalisation"]
    assert isinstance(found, Result)
    assert "lacks a set" in found.missing["strong_gap"]


def test_a_gap_of_few_aliases_has_no_interval(tmp_path: Path) -> None:
    """Nine in each set have none; ten, all right in one set and all wrong in the other, have one that stays within [-1, 1]."""
    run = staged(tmp_path / "run")
    rows = [
        {"part": name, "rows_are": "held out", "step": 40, "accuracy": value, "error": 0.0}
        for name, value in {"DtQ1": 1.0, "DfQ2": 0.0}.items()
    ]
    for p, is_known in ((36, False), (40, True)):
        run.__dict__["config"] = run.config.model_copy(update={"task": Aliases(p=p, questions=4, held_out=0.5)})
        found = Internalisation().headline(Internalisation().compute(run, {"accuracy": pd.DataFrame(rows)}))
        assert found["weak_gap"] == 1
        assert isinstance(found["weak_low"], float) is is_known
        assert is_known or "fewer than 10 aliases" in str(found["weak_low"])
    assert 0.5 < found["weak_low"] < 0.7
    assert found["weak_high"] == pytest.approx(1, rel=1e-12)


def test_every_other_set_is_quoted_in_the_stage_that_it_belongs_to(tmp_path: Path) -> None:
    """Q5 belongs to the first, where 20 and 40 count; N9 to the second, where 60 does."""
    run = staged(tmp_path / "run")
    rows = [
        {"part": name, "rows_are": "held out", "step": step, "accuracy": value, "error": 0.03}
        for name, values in (ACCURACIES | {"Q5": ACCURACIES["DtQ1"], "N9": ACCURACIES["Df4"]}).items()
        for step, value in zip(STEPS, values, strict=True)
    ]
    measure = Internalisation()
    found = measure.headline(measure.compute(run, {"accuracy": pd.DataFrame(rows)}))
    assert found["accuracy_Q5"] == pytest.approx(0.85)
    assert found["accuracy_N9"] == pytest.approx(0.4)
