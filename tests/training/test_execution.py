"""Options of execution."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from trained_runs import torch_settings_kept

from mechgrok.errors import UserError
from mechgrok.training.execution import Execution


@pytest.fixture(autouse=True)
def _settings() -> Iterator[None]:
    with torch_settings_kept():
        yield


def test_nothing_is_left_to_choose() -> None:
    settled = Execution(threads=1).resolved()
    assert settled == Execution("cuda" if torch.cuda.is_available() else "cpu", 1, "fast")
    assert torch.get_num_threads() == 1
    assert torch.are_deterministic_algorithms_enabled()
    assert settled.resolved() == settled


def test_apples_gpu_is_refused_and_never_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here it is available, as on a Mac."""
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert Execution(threads=1).resolved().device == "cpu"
    with pytest.raises(UserError, match=r"device mps: Apple's GPU has no float64, .*; leave --device away, or use --device cpu$"):
        Execution("mps").resolved()


def test_as_many_threads_as_there_are() -> None:
    torch.set_num_threads(1)
    assert Execution("cpu").resolved().threads == 1


@pytest.mark.parametrize(
    ("execution", "said"),
    [
        (Execution(device="gpu"), "gpu is not a device; use cpu, cuda, or cuda:1 for the second GPU"),
        (Execution(device="cuda:x"), "cuda:x is not a device"),
        (Execution(device="cuda:99"), r"device cuda:99 cannot be used here \(.+\); leave --device away, or use --device cpu"),
        (Execution(threads=-1), "--threads -1: give a number of CPU threads"),
    ],
)
def test_what_is_not_here_is_one_line(execution: Execution, said: str) -> None:
    with pytest.raises(UserError, match=said) as complaint:
        execution.resolved()
    assert "\n" not in str(complaint.value)
