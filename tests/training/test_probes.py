"""What probes read of an update, against what autograd and plain differences give."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from plain_training import loss, split, trainer
from trained_runs import begin, config, contents, resume, train

from mechgrok.discovery import kinds
from mechgrok.errors import UserError
from mechgrok.training import loop, probing
from mechgrok.training.recorder import Recorder

NAMES = sorted(kinds("training.probes"))


def readings(made: Any, step: int = 3, steps_before: int = 0) -> tuple[dict[tuple[str, str], float], Any]:
    ours = trainer(made)
    for earlier in range(steps_before):
        ours.update(earlier)
    _, found = probing.update(ours, step)
    return {(each.probe, each.name): each.value for each in found}, ours


def test_the_gradients_norm_is_the_plain_networks_before_filter_and_clipping() -> None:
    made = config(training__probes=["gradient-norm"], training__clip_norm=1e-3, gradient__kind="grokfast")
    found, _ = readings(made)
    model = made.model.build(made.task)
    loss(model, split()["train"]).backward()
    squares = {name: float(each.grad.double().square().sum()) for name, each in model.named_parameters() if each.requires_grad}
    expected = {name: math.sqrt(square) for name, square in squares.items()} | {"total": math.sqrt(sum(squares.values()))}
    assert {name for _, name in found} == expected.keys()
    for name, norm in expected.items():
        assert found["gradient-norm", name] == pytest.approx(norm, rel=1e-4)


@pytest.mark.parametrize("to", ["zero", "init"])
def test_the_update_is_split_exactly(to: str) -> None:
    """U = w' - w in float64, D = -lr wd (w - target), with the rate of the warm-up at step 3 of 10."""
    made = config(training__probes=["update-split"], optimizer__lr=0.01, optimizer__weight_decay=2.0, optimizer__decay_to=to)
    ours = trainer(made)
    initial = {name: each.detach().double() for name, each in ours.trained.items()}
    for step in range(3):
        ours.update(step)
    before = {name: each.detach().double().clone() for name, each in ours.trained.items()}
    found = {each.name: each.value for each in probing.update(ours, 3)[1]}
    sums = torch.zeros(4, dtype=torch.float64)
    for name, each in ours.trained.items():
        change = each.detach().double() - before[name]
        decay = -0.003 * 2.0 * (before[name] - (initial[name] if to == "init" else 0))
        parts = torch.stack(
            [(a * b).sum() for a, b in [(change, change), (decay, decay), (change - decay, change - decay), (decay, change)]]
        )
        sums += parts
        assert [found[f"{name}/{part}"] for part in ("update", "decay", "gradient")] == pytest.approx(parts[:3].sqrt().tolist(), rel=1e-9)
    assert found["total/decay_share"] == pytest.approx(float(sums[3] / sums[0]), rel=1e-9)
    assert [found[f"total/{part}"] for part in ("update", "decay", "gradient")] == pytest.approx(sums[:3].sqrt().tolist(), rel=1e-9)
    assert 0 < found["total/decay"] < 10 * found["total/update"]


def test_an_update_of_decay_alone_is_all_decay() -> None:
    """With eps of a million AdamW's own part is nothing."""
    made = config(training__probes=["update-split"], optimizer__kind="adamw", optimizer__eps=1e6, schedule__steps=0, optimizer__lr=0.1)
    found, _ = readings(made)
    assert found["update-split", "total/decay_share"] == pytest.approx(1, abs=1e-5)
    assert found["update-split", "total/gradient"] < 1e-5 * found["update-split", "total/decay"]


def test_an_l2_penalty_is_part_of_the_gradient() -> None:
    made = config(training__probes=["update-split"], optimizer__kind="sgd", optimizer__l2=1.0)
    found, _ = readings(made)
    assert found["update-split", "total/decay"] == 0
    assert found["update-split", "total/gradient"] == found["update-split", "total/update"] > 0


def test_where_nothing_moves_there_is_no_share() -> None:
    found, _ = readings(config(training__probes=["update-split"]), step=0)
    assert found["update-split", "total/update"] == 0
    assert not any(name.endswith("share") for _, name in found)


def test_the_rate() -> None:
    found, _ = readings(config(training__probes=["learning-rate"], optimizer__lr=0.02))
    assert found == {("learning-rate", "rate"): pytest.approx(0.006, rel=1e-12)}


MADE = config(training__probes=NAMES, training__steps=12, checkpoints__every=6, training__batch=9)


def test_probes_are_written_at_evaluated_steps_that_an_update_follows(tmp_path: Path) -> None:
    run = train(MADE, tmp_path / "run")
    assert run.probes.columns.tolist() == ["step", "probe", "name", "value"]
    assert run.probes["step"].drop_duplicates().tolist() == [0, 4, 6, 8]
    assert run.metrics["step"].drop_duplicates().tolist() == [0, 4, 6, 8, 12]
    assert sorted(set(run.probes["probe"])) == NAMES
    assert run.probes["value"].notna().all()


def test_probes_change_no_weight(tmp_path: Path) -> None:
    probed = contents(train(MADE, tmp_path / "run").path)
    plain = contents(train(config(training__steps=12, checkpoints__every=6, training__batch=9), tmp_path / "plain").path)
    same = ["metrics.csv", *(name for name in plain if name.startswith("weights"))]
    assert {name: probed[name] for name in same} == {name: plain[name] for name in same}
    assert set(probed) - set(plain) == {"probes.csv"}


def test_without_probes_the_table_is_empty(tmp_path: Path) -> None:
    run = train(config(training__steps=1), tmp_path / "run")
    assert run.probes.empty
    assert run.probes.columns.tolist() == ["step", "probe", "name", "value"]


class KilledError(Exception):
    """Stands for a kill."""


def killed(*_: Any) -> None:
    raise KilledError


@pytest.mark.parametrize("place", ["probe", "record", "keep"])
@pytest.mark.parametrize("count", [0, 1, 2])
@pytest.mark.long
def test_a_kill_changes_nothing(place: str, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = contents(train(MADE, tmp_path / "whole").path)
    begin(MADE, tmp_path / "run")
    with monkeypatch.context() as patch:
        left = iter([getattr(Recorder, place)] * count)
        patch.setattr(Recorder, place, lambda *given, **more: next(left, killed)(*given, **more))
        with pytest.raises(KilledError):
            resume(tmp_path / "run")
    resume(tmp_path / "run")
    assert contents(tmp_path / "run") == whole


def test_probes_that_the_state_counts_on_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(MADE, tmp_path / "run")
    with monkeypatch.context() as patch:
        patch.setattr(loop, "_end", killed)
        with pytest.raises(KilledError):
            resume(tmp_path / "run")
    (tmp_path / "run" / "probes.csv").write_text("step,probe,name,value\n")
    before = contents(tmp_path / "run")
    with pytest.raises(UserError, match=r"probes\.csv lacks rows that were recorded before the state; restore it"):
        resume(tmp_path / "run")
    assert contents(tmp_path / "run") == before
