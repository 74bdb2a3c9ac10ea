"""Which runs of several seeds are stacked."""

from __future__ import annotations

import pytest
from trained_runs import config

from mechgrok.api.several import configs
from mechgrok.training.execution import Execution
from mechgrok.training.stack import plan
from mechgrok.training.stack.plan import stacks

SEEDS = range(10, 21)
LARGE = config(task__p=31, model__d_mlp=2048)
"""480 train rows with 2048 neurons each."""


@pytest.fixture(autouse=True)
def _two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "cores", lambda: 2)


def test_a_gpu_has_one_stack_where_this_is_covered(caplog: pytest.LogCaptureFixture) -> None:
    assert stacks(configs(LARGE, SEEDS), Execution("cuda")) == [list(SEEDS)]
    assert stacks(configs(LARGE, [3]), Execution("cuda:1")) == [[3]]
    assert stacks(configs(LARGE, SEEDS), Execution("cuda", forward="plain")) is None
    assert caplog.text == ""
    assert stacks(configs(config(model__layers=2), SEEDS), Execution("cuda")) is None
    assert "each run is trained in a process of its own: only transformers of one layer are stacked" in caplog.text


def test_each_core_has_a_stack_of_small_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert stacks(configs(config(), SEEDS), Execution("cpu")) == [[10, 12, 14, 16, 18, 20], [11, 13, 15, 17, 19]]
    monkeypatch.setattr(plan, "MOST", 4)
    assert [len(each) for each in stacks(configs(config(), SEEDS), Execution("cpu")) or []] == [4, 4, 3]


def test_a_cpu_stacks_no_large_runs_and_no_more_than_it_has_cores_for() -> None:
    assert stacks(configs(LARGE, SEEDS), Execution("cpu")) is None
    assert stacks(configs(config(), [0, 1]), Execution("cpu")) is None
    assert stacks(configs(config(model__layers=2), SEEDS), Execution("cpu")) is None
