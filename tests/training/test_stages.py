"""Training in stages: which rows are drawn when, what the optimiser keeps, and that all of it can be resumed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from trained_runs import Interrupting, begin, config, contents, resume, torch_settings_kept, train

from mechgrok.config import Config
from mechgrok.errors import UserError
from mechgrok.training.execution import Execution
from mechgrok.training.recording_steps import RecordingSteps
from mechgrok.training.staged_batches import StagedBatches, stage
from mechgrok.training.trainer import Trainer

ROWS = np.arange(100, 130)
STAGE = np.repeat([-1, 0, 1], 10)
SIZE = 50


def batches(rehearsal: float, switch: int = 200, seed: int = 0) -> StagedBatches:
    return StagedBatches(ROWS, STAGE, SIZE, seed, (switch,), rehearsal)


def drawn(rehearsal: float, steps: range) -> np.ndarray:
    return np.concatenate([batches(rehearsal).at(step) for step in steps])


def test_a_stage_begins_at_its_step() -> None:
    assert [stage(step, (3, 5)) for step in range(7)] == [0, 0, 0, 1, 1, 2, 2]
    assert set(drawn(0.0, range(200)).tolist()) == set(range(110, 120))
    assert set(drawn(0.0, range(200, 400)).tolist()) == set(range(120, 130))


def test_the_share_of_rehearsal_is_kept_in_both_stages_and_rows_are_as_likely_within() -> None:
    """10 000 draws in each: 2500 rehearsed, give or take five times 43; a row of the stage 750, five times 26."""
    for steps, first in ((range(200), 110), (range(200, 400), 120)):
        found = drawn(0.25, steps)
        assert set(found.tolist()) == set(range(100, 110)) | set(range(first, first + 10))
        assert abs((found < 110).sum() - 2500) < 5 * 43
        assert all(abs((found == row).sum() - 750) < 5 * 27 for row in range(first, first + 10))


def test_rows_come_from_seed_and_step_alone() -> None:
    once = [batches(0.25).at(step).tolist() for step in range(190, 210)]
    again = batches(0.25)
    assert [again.at(step).tolist() for step in reversed(range(190, 210))][::-1] == once
    assert batches(0.25, seed=1).at(190).tolist() != once[0]


TASK = {"kind": "aliases", "p": 13, "questions": 5}


def made(**changed: Any) -> Config:
    staged = {"training__switch_at": [8], "training__batch": 16, "training__sampling": "replacement", "training__rehearsal": 0.25}
    plain = config(**(staged | {"training__steps": 16, **changed}))
    return Config.model_validate(plain.model_dump(exclude={"task", "split"}) | {"task": TASK, "split": {"kind": "designed"}})


def trainer(wanted: Config) -> Trainer:
    with torch_settings_kept():
        return Trainer(wanted, wanted.split.train_rows(wanted.task), Execution("cpu", 1, "fast"))


def test_the_loss_is_the_mean_over_definitions_and_questions_alike() -> None:
    """Each row read where it ends, one at a time by the library's network: (sum over definitions + sum over questions) / rows."""
    wanted = made()
    ours = trainer(wanted)
    rows = ours._batches.at(0)
    assert rows is not None
    model, inputs, labels = wanted.model.build(wanted.task).double(), wanted.task.inputs(), wanted.task.labels()
    assert 0 < (inputs[rows] < 0).any(1).sum() < len(rows), "the batch should hold both"
    losses = [
        torch.nn.functional.cross_entropy(model(torch.tensor([inputs[row][inputs[row] >= 0].tolist()]))[0, -1], torch.tensor(labels[row]))
        for row in rows
    ]
    assert ours.update(0).item() == pytest.approx(float(torch.stack(losses).mean().detach()), rel=1e-6)


def test_no_row_is_trained_on_before_its_stage_nor_when_held_out() -> None:
    wanted = made()
    ours, task = trainer(wanted), wanted.task
    for steps, other in ((range(8), 1), (range(8, 16), 0)):
        rows = np.concatenate([ours._batches.at(step) for step in steps])
        assert other not in task.stage_of_row()[rows]
        assert task.trained_rows()[rows].all()


def test_the_second_stage_goes_on_with_the_moments_of_the_first(tmp_path: Path) -> None:
    """Adam's count of updates goes through, and a stage that began anew would move otherwise."""
    ours, anew = trainer(made()), trainer(made())
    for step in range(8):
        ours.update(step)
    kept = {name: each for name, each in ours.state().items() if name.startswith("weights.")}
    anew.restore(kept)
    for each in (ours, anew):
        each.update(8)
    counts = {float(each) for name, each in ours.state().items() if name.endswith(".step")}
    assert counts == {9.0}
    moved = [each.state()["weights.embed.W_E"] for each in (ours, anew)]
    assert not torch.allclose(*moved, atol=1e-4)


def test_parts_are_recorded_by_themselves(tmp_path: Path) -> None:
    splits = set(train(made(training__steps=9), tmp_path / "run").metrics["split"])
    assert {"test-original", "test-DtQ1", "test-Dt3", "train-DtQ1", "train-Df4-definitions"} <= splits
    assert not {"train-Dt3", "test-DtQ1-definitions"} & splits


def test_where_a_stage_begins_is_kept() -> None:
    assert RecordingSteps(made(training__switch_at=[7], checkpoints__every=5)).keeps(7)


@pytest.mark.long
def test_after_an_interruption_in_either_stage_the_bytes_are_the_same(tmp_path: Path) -> None:
    whole = contents(train(made(), tmp_path / "whole").path)
    for step in (5, 8, 11):
        path = tmp_path / f"at-{step}"
        assert resume(begin(made(), path), Interrupting(step)).interrupted
        resume(path)
        assert contents(path) == whole


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"training__switch_at": []}, "2 stages, so give 1 step$"),
        ({"training__switch_at": [4, 2]}, "2 stages, so give 1 step$"),
        ({"training__switch_at": [16]}, "stage 2 would begin at 16, after all 16 training.steps"),
        ({"training__sampling": "shuffled"}, "training.sampling replacement"),
    ],
)
def test_stages_that_cannot_be_are_refused(changed: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=words):
        begin(made(**changed), tmp_path / "run")


@pytest.mark.parametrize(
    ("part", "values", "words"),
    [
        ("split", {"kind": "python-shuffle", "fraction": 0.5}, "set split.kind designed"),
        ("task", {"sets": ["DtQ1"]}, "has no train row of stage 2 of 2; name a set of it"),
        ("task", {"sets": ["Dt3", "Df4"]}, "has no train row of stage 1 of 2; name a set of it"),
    ],
)
def test_what_the_design_does_not_train_on_is_refused(part: str, values: dict[str, Any], words: str, tmp_path: Path) -> None:
    wanted = made().model_dump()
    with pytest.raises(UserError, match=words):
        begin(Config.model_validate(wanted | {part: values if part == "split" else TASK | values}), tmp_path / "run")


def test_a_task_in_one_stage_has_no_switch(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="in 1 stage, so give none"):
        begin(config(training__switch_at=[4]), tmp_path / "run")


def test_a_network_that_needs_full_rows_is_refused(tmp_path: Path) -> None:
    other = made().model_dump(exclude={"model"}) | {"model": {"kind": "embedding-mlp"}}
    with pytest.raises(UserError, match="rows of several lengths"):
        begin(Config.model_validate(other), tmp_path / "run")
