"""The preset fast-grok: it ends by itself once all test rows are right, on the network and table of nanda2023."""

from __future__ import annotations

from pathlib import Path

from mechgrok.api.settings import changed
from mechgrok.training import launch
from mechgrok.training.execution import Execution
from mechgrok.training.presets import PRESETS

SMALL = {"task.p": 17, "split.fraction": 0.85, "model.d_model": 64, "model.d_mlp": 256, "checkpoints.every": 0}


class Unwatched:
    def at(self, step: int) -> None: ...
    def recorded(self, step: int, evaluations: object) -> None: ...


def test_it_ends_at_the_third_evaluation_with_all_test_rows_right(tmp_path: Path) -> None:
    config = changed(PRESETS["fast-grok"].config, SMALL)
    run = launch.begin(config, tmp_path / "run", Execution("cpu", 1))
    ending = launch.resume(run, Unwatched())
    test = run.metrics[run.metrics["split"] == "test"]["accuracy"]
    assert ending.step < config.training.steps
    assert test.tolist()[-3:] == [1.0, 1.0, 1.0]
    assert test.tolist()[-4] < 1
    assert test.iloc[0] < 0.5


def test_rows_network_and_loss_are_those_of_nanda2023() -> None:
    ours, theirs = PRESETS["fast-grok"].config, PRESETS["nanda2023"].config
    assert (ours.task, ours.split, ours.model, ours.training.loss) == (theirs.task, theirs.split, theirs.model, theirs.training.loss)
