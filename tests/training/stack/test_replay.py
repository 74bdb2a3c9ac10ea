"""Recorded updates are made as often, and in the same order, as they are asked for."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from trained_runs import config

from mechgrok.api.settings import seeded
from mechgrok.training.stack.member import Member
from mechgrok.training.stack.replay import WARM_UP, Call, Repeated, is_static
from mechgrok.training.stack.stack import Stack


class Written:
    """Stands for a GPU: writes down what happens on it."""

    def __init__(self, *, broken: bool = False) -> None:
        self.events: list[str] = []
        self.broken = broken

    def warm_up(self, call: Call) -> None:
        self.events.append("warm-up")
        call()

    def record(self, call: Call) -> Call:
        if self.broken:
            raise RuntimeError("operation not permitted when stream is capturing\nmore")
        self.events.append("record")
        return lambda: self.events.append("replay")


def test_a_call_is_warmed_up_recorded_once_and_replayed() -> None:
    device, made = Written(), []
    repeated = Repeated(device)
    for _ in range(WARM_UP + 4):
        repeated("one", lambda: made.append(1))
    assert device.events == ["warm-up"] * WARM_UP + ["record"] + ["replay"] * 4
    assert len(made) == WARM_UP


def test_another_key_is_recorded_anew() -> None:
    device = Written()
    repeated = Repeated(device)
    for key in [*["one"] * (WARM_UP + 2), *["two"] * (WARM_UP + 1)]:
        repeated(key, lambda: None)
    assert device.events == ["warm-up"] * WARM_UP + ["record", "replay", "replay"] + ["warm-up"] * WARM_UP + ["record", "replay"]


def test_what_cannot_be_recorded_is_called_with_a_word(caplog: pytest.LogCaptureFixture) -> None:
    made: list[int] = []
    repeated = Repeated(Written(broken=True))
    for _ in range(WARM_UP + 4):
        repeated("one", lambda: made.append(1))
    assert len(made) == WARM_UP + 4
    assert [each.getMessage() for each in caplog.records] == [
        "updates are not recorded as a CUDA graph, and each waits for Python: operation not permitted when stream is capturing"
    ]


class Repeating:
    """Stands for a GPU whose replay makes the recorded call again."""

    def warm_up(self, call: Call) -> None:
        call()

    def record(self, call: Call) -> Call:
        return call


@pytest.mark.parametrize("schedule", [{}, {"kind": "linear-warmup", "steps": 6}], ids=["constant rate", "warm-up"])
def test_a_stack_that_replays_its_first_recording_trains_the_same(schedule: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """All that changes from update to update lies in tensors, or has another key."""
    made = config(schedule=schedule) if schedule else config()

    def trained() -> dict[str, Tensor]:
        configs = [seeded(made, seed) for seed in (0, 1)]
        stack = Stack([Member(each, each.split.train_rows(each.task)) for each in configs], torch.device("cpu"))
        for step in range(20):
            stack.update(step)
        return stack.tensors()

    expected = trained()
    monkeypatch.setattr("mechgrok.training.stack.stack.graphs_of", lambda _: Repeating())
    found = trained()
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_what_changes_from_update_to_update_is_not_recorded() -> None:
    assert is_static(config())
    assert not is_static(config(training__batch=9))
    assert not is_static(config(gradient={"kind": "grokfast-ma"}))
    assert not is_static(config(optimizer={"kind": "sgd"}))
