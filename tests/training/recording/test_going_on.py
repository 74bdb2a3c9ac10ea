"""A recording goes on only with what it was begun with, and takes only steps that count updates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from own_modules import PlainTransformer, Softened
from torch import nn

import mechgrok
from mechgrok.runs import store
from mechgrok.tasks.modular import Modular

P = 7
TASK = Modular(p=P)


class Doubled(Softened):
    """The parameters of Softened, with other logits."""

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return 2 * super().forward(tokens)


Doubled.__name__ = "Softened"


class Renamed(PlainTransformer):
    """The function of PlainTransformer, with another name of a parameter."""

    head = property(lambda self: self._modules["unembed"])  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__(P)
        self._modules["unembed"] = self._modules.pop("head")


def record(out: Path, module: nn.Module, *steps: Any, optimizer: Any = None, **options: Any) -> None:
    with mechgrok.record(module, TASK, out, optimizer=optimizer, every=1, **options) as recorder:
        for step in steps:
            recorder(step)


OTHERS = {
    "sizes": (lambda: Softened(P), lambda: Softened(P, d=8), "head.weight is .7, 8. in this module, and .7, 16. in"),
    "function": (lambda: Softened(P), lambda: Doubled(P), "computes other logits than the one"),
    "names of parameters": (lambda: PlainTransformer(P), Renamed, "head.bias is missing in this module"),
}


@pytest.mark.parametrize("other", OTHERS)
def test_another_module_of_the_same_kind_is_refused_before_a_step(other: str, tmp_path: Path) -> None:
    first, second, message = OTHERS[other]
    record(tmp_path / "run", first(), 1, 2)
    before = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    with pytest.raises(mechgrok.UserError, match=message):
        record(tmp_path / "run", second(), 3)
    assert before == {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}


def test_another_optimiser_is_refused_by_name(tmp_path: Path) -> None:
    module = Softened(P)
    record(tmp_path / "run", module, 1, optimizer=torch.optim.AdamW(module.parameters()))
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    with (
        mechgrok.record(module, TASK, tmp_path / "run", optimizer=optimizer) as recorder,
        pytest.raises(mechgrok.UserError, match="that of AdamW, and optimizer is SGD"),
    ):
        recorder.restore()


def test_a_loop_that_goes_on_with_other_weights_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(tmp_path / "run", Softened(P), 1)
    record(tmp_path / "run", Softened(P), 2)
    assert capsys.readouterr().err == ""
    record(tmp_path / "run", Softened(P, seed=1), 3)
    assert "note: the module did not begin with the weights of step 2, the last one in" in capsys.readouterr().err


def test_a_run_without_its_state_keeps_its_checkpoints(tmp_path: Path) -> None:
    record(tmp_path / "run", Softened(P), 1, 2)
    (tmp_path / "run" / store.STATE).unlink()
    with pytest.raises(mechgrok.UserError, match=f"has checkpoints and no {store.STATE}"):
        record(tmp_path / "run", Softened(P), 3)
    assert mechgrok.open_run(tmp_path / "run").steps == [1, 2]


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (1.0, "step is 1.0; give the number of updates"),
        (None, "step is None"),
        ("1", "step is '1'"),
        (-1, "step -1 does not count updates"),
    ],
)
def test_steps_that_count_no_updates_are_refused(step: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(mechgrok.UserError, match=message):
        record(tmp_path / "run", Softened(P), step)


def test_steps_of_other_integer_types_are_kept_as_the_schedule_has_them(tmp_path: Path) -> None:
    with mechgrok.record(Softened(P), TASK, tmp_path / "run", every=0, log_spaced=0, at=(np.int64(3), 5)) as recorder:
        for step in (torch.tensor(3), np.int32(4), torch.tensor([5])):
            recorder(step)
    assert mechgrok.open_run(tmp_path / "run").steps == [3, 5]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"every": "x"}, "every is 'x'; give a number of steps, 0 or more"),
        ({"metrics_every": 1.5}, "metrics_every is 1.5"),
        ({"at": 5}, "at is 5; give several steps"),
        ({"at": [1, -2]}, "a step of at .number 2. is -2"),
        ({"optimizer": "adam"}, "optimizer is str; give the torch optimiser of the loop"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_written(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(mechgrok.UserError, match=message):
        mechgrok.record(Softened(P), TASK, tmp_path / "run", **options)
    assert list(tmp_path.iterdir()) == []


def test_without_a_block_it_is_refused_to_record(tmp_path: Path) -> None:
    recorder: Any = mechgrok.record(Softened(P), TASK, tmp_path / "run")
    with pytest.raises(mechgrok.UserError, match=r"with mechgrok\.record\(\.\.\.\) as recorder"):
        recorder(1)
    with mechgrok.record(Softened(P), TASK, tmp_path / "run") as inside:
        inside(1)
    with pytest.raises(mechgrok.UserError, match="has ended; call the recorder inside of its block"):
        inside(2)


def test_a_module_whose_parameters_change_is_refused_at_the_next_checkpoint(tmp_path: Path) -> None:
    module = Softened(P)
    with mechgrok.record(module, TASK, tmp_path / "run", every=10, log_spaced=0) as recorder:
        recorder(10)
        module.net = nn.Sequential(nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 16))
        recorder(15)
        with pytest.raises(mechgrok.UserError, match=r"net\.0\.bias of the module was added, removed or got another shape"):
            recorder(20)
        module.net = Softened(P).net
