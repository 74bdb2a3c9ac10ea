"""Steps of weights and records, as files give them and users correct them."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing.containers.steps import InEpochs
from mechgrok.runs.importing.containers.undated import Undated
from mechgrok.runs.importing.dating import date
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.options import ImportOptions

STATE: dict[str, Tensor] = {"w": torch.zeros(1)}
OTHER: dict[str, Tensor] = {"w": torch.ones(1)}
TRAIN = Undated("train", "loss", "train_losses", (3.0, 2.0, 1.0, 0.5))
TEST = Undated("test", "loss", "test_losses", (4.0, 3.0, 2.0, 1.0), first=1)
COARSE = Undated("test", "accuracy", "test_accs", (0.0, 1.0))
LONG = Undated("train", "loss", "train_losses", (1.0,) * 20)


def listed(step: int | None, *lists: Undated, **more: Any) -> Foreign:
    return Foreign("x", {step: STATE}, undated=lists or (TRAIN,), **more)


def test_weights_without_a_step_are_at_the_given_one() -> None:
    assert list(date(Foreign("x", {None: STATE}), ImportOptions(step=7)).snapshots) == [7]
    unknown = date(Foreign("x", {None: STATE}), ImportOptions())
    assert list(unknown.snapshots) == [0]
    assert unknown.notes == ("the file does not hold the step of its weights: stored as step 0 (give it by --step N)",)


@pytest.mark.parametrize(
    ("foreign", "options", "weights", "steps"),
    [
        (listed(None), ImportOptions(), 4, [0, 1, 2, 3]),
        (listed(None), ImportOptions(record_every=25), 100, [0, 25, 50, 75]),
        (listed(None), ImportOptions(step=100), 100, [0, 25, 50, 75]),
        (listed(None), ImportOptions(step=90), 90, [0, 30, 60, 90]),
        (listed(100), ImportOptions(), 100, [0, 25, 50, 75]),
        (listed(90), ImportOptions(), 90, [0, 30, 60, 90]),
        (listed(90), ImportOptions(step=100), 100, [0, 25, 50, 75]),
        (listed(100), ImportOptions(record_every=10), 100, [0, 10, 20, 30]),
        (listed(None), ImportOptions(step=100, record_every=10), 100, [0, 10, 20, 30]),
        (listed(101), ImportOptions(), 101, [0, 1, 2, 3]),
    ],
)
def test_records_in_a_list_end_at_the_weights_or_are_as_far_apart_as_given(
    foreign: Foreign, options: ImportOptions, weights: int, steps: list[int]
) -> None:
    found = date(foreign, options)
    assert list(found.snapshots) == [weights]
    assert found.recorded == {"train": dict(zip(steps, TRAIN.values, strict=True))}
    assert found.undated == ()


@pytest.mark.parametrize(
    ("foreign", "options", "note"),
    [
        (
            listed(100),
            ImportOptions(),
            "no steps beside the 4 records of train_losses: one every 25 updates is assumed (correct it by --record-every N)",
        ),
        (
            listed(101),
            ImportOptions(),
            "no steps beside the 4 records of train_losses: one an update is assumed (correct it by --record-every N)",
        ),
        (
            listed(None),
            ImportOptions(),
            "the file does not hold the step of its weights: stored as step 4, by its records (correct it by --step N)",
        ),
        (listed(100), ImportOptions(record_every=10), "the 4 records of train_losses: one every 10 updates, as --record-every gives"),
        (
            listed(20),
            ImportOptions(record_every=10),
            "the 4 records of train_losses: one every 10 updates, as --record-every gives; they go on after the weights of step 20",
        ),
        (listed(90), ImportOptions(step=100), "the weights are of step 100, as given; the file gives 90"),
    ],
)
def test_an_assumption_is_noted_with_the_flag_that_corrects_it(foreign: Foreign, options: ImportOptions, note: str) -> None:
    assert note in date(foreign, options).notes


def test_lists_of_other_lengths_cover_the_same_updates() -> None:
    found = date(listed(None, TRAIN, TEST, COARSE), ImportOptions(record_every=5))
    assert found.recorded == {"train": {0: 3.0, 5: 2.0, 10: 1.0, 15: 0.5}, "test": {5: 4.0, 10: 3.0, 15: 2.0, 20: 1.0}}
    assert found.accuracies == {"test": {0: 0.0, 10: 1.0}}


def test_a_list_that_fits_no_interval_is_left_out_with_a_note() -> None:
    found = date(listed(None, LONG, Undated("test", "loss", "test_losses", (1.0,) * 13)), ImportOptions())
    assert list(found.recorded) == ["train"]
    assert "left out test_losses: its 13 records beside 20 others fit no interval" in found.notes


def test_single_numbers_are_of_the_weights_wherever_these_stand() -> None:
    """A file that counts updates in some other way; the axis of its curve stays."""
    recorded = {"train": {0: 3.0, 300: 0.75, None: 0.5}}
    found = date(Foreign("x", {10: STATE}, recorded), ImportOptions(step=400))
    assert (list(found.snapshots), found.recorded) == ([400], {"train": {0: 3.0, 300: 0.75, 400: 0.5}})
    assert date(Foreign("x", {10: STATE}), ImportOptions(step=10)).notes == ()


def test_weights_without_a_step_stand_at_the_last_record() -> None:
    found = date(Foreign("x", {None: STATE}, {"train": {25: 2.0, 500: 1.0}}), ImportOptions())
    assert list(found.snapshots) == [500]
    assert "stored as step 500, by its records (correct it by --step N)" in found.notes[0]


EPOCHS = {"train": {5: 3.0, 10: 2.0}}
WEIGHTS, RECORDS, BOTH = InEpochs(True, False), InEpochs(False, True), InEpochs(True, True)


@pytest.mark.parametrize(
    ("snapshots", "counted", "options", "weights", "steps", "note"),
    [
        ([10], BOTH, ImportOptions(), [10], [5, 10], "each is taken to be one update (correct it by --step N)"),
        ([10], BOTH, ImportOptions(step=400), [400], [200, 400], "each is taken to be 40 updates, as --step gives"),
        ([10], BOTH, ImportOptions(record_every=200), [400], [200, 400], "each is taken to be 40 updates, as --record-every gives"),
        ([5, 10], BOTH, ImportOptions(step=400), [200, 400], [200, 400], "each is taken to be 40 updates, as --step gives"),
        ([9], BOTH, ImportOptions(step=400), [400], [240, 440], "40 updates, as --step gives; epoch e ends at step 40 (e + 1)"),
        (
            [400],
            RECORDS,
            ImportOptions(),
            [400],
            [200, 400],
            "40 updates, since epoch 10 is beside weights of step 400 (correct it by --record",
        ),
        ([405], RECORDS, ImportOptions(), [405], [5, 10], "each is taken to be one update (correct it by --record-every N)"),
        ([None], RECORDS, ImportOptions(), [10], [5, 10], "each is taken to be one update (correct it by --record-every N)"),
        ([None], RECORDS, ImportOptions(record_every=200), [400], [200, 400], "40 updates, as --record-every gives"),
        ([None], RECORDS, ImportOptions(step=400), [400], [200, 400], "40 updates, since epoch 10 is beside weights of step 400"),
        ([10], WEIGHTS, ImportOptions(step=400), [400], [5, 10], "40 updates, as --step gives"),
    ],
)
def test_epochs_are_as_long_as_the_user_says_and_else_one_update(
    snapshots: list[int | None], counted: InEpochs, options: ImportOptions, weights: list[int], steps: list[int], note: str
) -> None:
    found = date(Foreign("x", dict.fromkeys(snapshots, STATE), EPOCHS, in_epochs=counted), options)
    assert (list(found.snapshots), list(found.recorded["train"])) == (weights, steps)
    assert any(note in each for each in found.notes)


def test_weights_of_a_list_with_a_record_an_epoch_follow_the_interval() -> None:
    found = date(listed(20, LONG, in_epochs=WEIGHTS), ImportOptions(record_every=25))
    assert (list(found.snapshots), max(found.recorded["train"])) == ([500], 475)
    several = Foreign("x", {0: STATE, 10: STATE, None: STATE}, undated=(LONG,), in_epochs=WEIGHTS)
    assert list(date(several, ImportOptions(record_every=25)).snapshots) == [0, 250, 500]
    assert list(date(several, ImportOptions(step=500)).snapshots) == [0, 250, 500]


def test_records_that_end_before_other_weights_are_further_apart() -> None:
    """20 records beside weights of steps 100 and 200 are 10 updates apart, so the last weights are of step 200 too."""
    several = Foreign("x", {100: STATE, 200: STATE, None: STATE}, undated=(LONG,))
    assert list(date(several, ImportOptions()).snapshots) == [100, 200]


@pytest.mark.parametrize(
    ("foreign", "options", "complaint"),
    [
        (Foreign("x", {1: STATE, 2: STATE}), ImportOptions(step=5), r"the file holds its steps \(1, 2\); leave --step away"),
        (Foreign("x", {None: STATE}), ImportOptions(step=-1), "--step -1: a step is a number of updates"),
        (Foreign("x", {1: STATE}), ImportOptions(record_every=5), "leave --record-every away"),
        (Foreign("x", {1: STATE}, {"train": {1: 1.0}}), ImportOptions(record_every=5), "the file gives the steps of its records"),
        (listed(4), ImportOptions(record_every=0), "--record-every 0: a number of updates, 1 or more"),
        (Foreign("x", {5: STATE, None: STATE}, undated=(TRAIN,)), ImportOptions(), "after those of step 5; give it by --step N"),
        (Foreign("x", {0: STATE, None: OTHER}), ImportOptions(), "nothing gives the step of the last weights, after those of step 0; give"),
        (Foreign("x", {9: STATE, None: OTHER}, {"train": {9: 1.0}}), ImportOptions(), "nothing gives the step of the last weights, after"),
        (
            Foreign("x", {9: STATE, None: OTHER}),
            ImportOptions(step=9),
            "--step 9 is not the step of the last weights, after those of step 9",
        ),
        (
            Foreign("x", {9: STATE, None: STATE}),
            ImportOptions(step=8),
            "--step 8 is not the step of the last weights, after those of step 9",
        ),
        (Foreign("x", {5: STATE, 10: STATE}, in_epochs=WEIGHTS), ImportOptions(step=405), "--step 405: the file counts 10 epochs"),
        (Foreign("x", {10: STATE}, EPOCHS, in_epochs=BOTH), ImportOptions(record_every=7), "the records are 5 epochs apart"),
        (Foreign("x", {1: STATE}, {"train": {0: 1.0, 1: 1.0, 9: 1.0}}, in_epochs=BOTH), ImportOptions(record_every=7), "uneven distances"),
    ],
)
def test_steps_that_contradict_the_file_are_refused(foreign: Foreign, options: ImportOptions, complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        date(foreign, options)
