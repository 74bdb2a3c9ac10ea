"""Lists whose last loss is that of the last weights end at these."""

from __future__ import annotations

from dataclasses import replace

import torch

from mechgrok.runs.importing.aligned import with_lists_aligned
from mechgrok.runs.importing.containers.undated import Undated
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.inference.loss_check import LossCheck

WEIGHTS = {40: {"unembed.W_U": torch.zeros(2, 3)}}
BEFORE = LossCheck("train", 0.5, 0.4)
AFTER = LossCheck("test", 3.0, 3.0 + 1e-6)
LISTS = [Undated("train", "loss", "train_losses", ()), Undated("test", "loss", "test_losses", ()), Undated("test", "accuracy", "acc", ())]


def foreign(interval: int = 10) -> Foreign:
    steps = range(0, 40, interval)
    losses = {"train": dict.fromkeys(steps, 0.5), "test": dict.fromkeys(steps, 3.0)}
    return Foreign("example", WEIGHTS, losses, accuracies={"test": dict.fromkeys(steps, 0.1)})


def test_records_after_the_update_stand_an_interval_later() -> None:
    found = with_lists_aligned(foreign(), LISTS, [BEFORE, AFTER])
    assert list(found.recorded["train"]) == [0, 10, 20, 30]
    assert list(found.recorded["test"]) == list(found.accuracies["test"]) == [10, 20, 30, 40]
    assert found.notes == ("the test losses are recorded after the update, since the last of them is that of the last weights",)


def test_accuracies_with_steps_of_their_own_stay() -> None:
    with_steps = replace(foreign(), accuracies={"test": {0: 0.1, 20: 0.2, 40: 0.3}})
    assert with_lists_aligned(with_steps, LISTS, [BEFORE, AFTER]).accuracies == with_steps.accuracies
    assert with_lists_aligned(foreign(), LISTS[:2], [BEFORE, AFTER]).accuracies == foreign().accuracies


def test_records_with_steps_of_their_own_stay() -> None:
    assert with_lists_aligned(foreign(), LISTS[:1], [BEFORE, AFTER]).recorded == foreign().recorded


def test_records_that_end_at_the_weights_or_long_before_stay() -> None:
    at_weights = Foreign("example", WEIGHTS, {"test": {30: 3.1, 40: 3.0}})
    long_before = Foreign("example", WEIGHTS, {"test": {10: 3.1, 20: 3.0}})
    for each in (at_weights, long_before):
        assert with_lists_aligned(each, LISTS, [AFTER]) is each


def test_a_record_that_is_nearly_that_of_the_weights_stays() -> None:
    nearly = LossCheck("test", 3.0, 3.001)
    assert with_lists_aligned(foreign(), LISTS, [nearly]).recorded == foreign().recorded
