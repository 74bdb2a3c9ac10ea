"""Steps of weights and records, as files give them and users correct them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing.dating import date
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.options import ImportOptions

STATE: dict[str, Tensor] = {"w": torch.zeros(1)}
LOSSES = {"train": {0: 3.0, 1: 2.0, 2: 1.0}}


def assumed() -> Foreign:
    note = "no steps beside the 3 recorded losses: one an update is assumed (correct it by --record-every N)"
    return Foreign("x", {3: STATE}, LOSSES, notes=(note,), steps_assumed=True)


def test_weights_without_a_step_are_at_the_given_one() -> None:
    assert list(date(Foreign("x", {None: STATE}), ImportOptions(step=7)).snapshots) == [7]
    unknown = date(Foreign("x", {None: STATE}), ImportOptions())
    assert list(unknown.snapshots) == [0]
    assert "give it by --step N" in unknown.notes[0]


@pytest.mark.parametrize("options", [ImportOptions(record_every=25), ImportOptions(step=75)])
def test_an_assumed_interval_is_corrected_by_the_user(options: ImportOptions) -> None:
    found = date(assumed(), options)
    assert (list(found.snapshots), found.recorded) == ([75], {"train": {0: 3.0, 25: 2.0, 50: 1.0}})
    assert found.notes == ("one record every 25 updates, as given",)


def test_an_assumed_interval_stays_with_its_note() -> None:
    assert date(assumed(), ImportOptions()).notes == assumed().notes


def test_the_step_of_one_checkpoint_can_be_corrected() -> None:
    """A file that counts epochs of several updates; the loss beside the weights moves with them."""
    found = date(Foreign("x", {10: STATE}, {"train": {10: 0.5}}), ImportOptions(step=400))
    assert (list(found.snapshots), found.recorded) == ([400], {"train": {400: 0.5}})
    assert found.notes == ("the weights are of step 400, as given; the file gives 10",)
    assert date(Foreign("x", {10: STATE}), ImportOptions(step=10)).notes == ()


@pytest.mark.parametrize(
    ("foreign", "options", "complaint"),
    [
        (Foreign("x", {1: STATE, 2: STATE}), ImportOptions(step=5), r"the file holds its steps \(1, 2\); leave --step away"),
        (Foreign("x", {None: STATE}), ImportOptions(step=-1), "--step -1: a step is a number of updates"),
        (Foreign("x", {1: STATE}), ImportOptions(record_every=5), "leave --record-every away"),
        (assumed(), ImportOptions(record_every=0), "--record-every 0: a number of updates, 1 or more"),
    ],
)
def test_steps_that_contradict_the_file_are_refused(foreign: Foreign, options: ImportOptions, complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        date(foreign, options)
