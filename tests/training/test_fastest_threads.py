"""The choice of the number of threads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from mechgrok.training import fastest_threads as chosen


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize(("seconds", "fastest"), [({1: 2.0, 2: 1.1}, 2), ({1: 2.0, 2: 9.0}, 1)])
def test_the_faster_number_is_chosen_and_torchs_own_stays(seconds: dict[int, float], fastest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(2)
    monkeypatch.setattr(chosen, "_seconds", lambda: seconds[torch.get_num_threads()])
    assert chosen.fastest_threads() == fastest
    assert torch.get_num_threads() == 2


def test_one_thread_needs_no_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    monkeypatch.setattr(chosen, "_seconds", lambda: pytest.fail("measured"))
    assert chosen.fastest_threads() == 1
