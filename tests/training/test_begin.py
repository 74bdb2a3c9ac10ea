"""New runs: whole or not there, and never over something else."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from trained_runs import begin, config, contents, resume

from mechgrok.errors import UserError
from mechgrok.runs import store
from mechgrok.runs.run import open_run
from mechgrok.training import launch
from mechgrok.training.execution import Execution


def everything(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def test_a_new_run_holds_its_config_its_split_and_its_execution(tmp_path: Path) -> None:
    run = begin(config(), tmp_path / "deep" / "run", "plain")
    assert [path.name for path in everything(run.path)] == ["config.json", "execution.json", "split.safetensors"]
    execution = json.loads((run.path / "execution.json").read_text())
    assert {name: execution[name] for name in ("device", "threads", "forward")} == {"device": "cpu", "threads": 1, "forward": "plain"}
    assert run.is_train.sum() == 24
    assert run.steps == []


def test_an_empty_folder_is_as_good_as_none(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    assert begin(config(), tmp_path / "run").config == config()


@pytest.mark.parametrize("content", ["notes.txt", "folder", ".hidden"])
def test_a_folder_that_holds_something_is_left_alone(content: str, tmp_path: Path) -> None:
    (tmp_path / "run" / content).mkdir(parents=True)
    before = everything(tmp_path)
    with pytest.raises(UserError, match=r"run exists already and is never overwritten; choose another --out$"):
        begin(config(), tmp_path / "run")
    assert everything(tmp_path) == before


def test_a_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("mine")
    with pytest.raises(UserError, match="exists already and is never overwritten"):
        begin(config(), tmp_path / "run")
    assert (tmp_path / "run").read_text() == "mine"


def test_a_run_is_left_alone_and_resuming_is_proposed(tmp_path: Path) -> None:
    out = tmp_path / "run"
    resume(begin(config(), out))
    before = contents(out)
    with pytest.raises(UserError, match=f"choose another --out, or go on with: mechgrok train --resume {out}$"):
        begin(config(model__seed=2), out)
    assert contents(out) == before


def failing(*_: Any, **__: Any) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_failure_leaves_nothing(after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full after so many files."""
    left = iter([store.write] * after)
    monkeypatch.setattr(store, "write", lambda *given: next(left, failing)(*given))
    with pytest.raises(UserError, match=r"run cannot be written: No space left on device; make room on its disk, then repeat the command$"):
        begin(config(), tmp_path / "run")
    assert everything(tmp_path) == []


def test_below_a_file_nothing_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"file/run cannot be written: Not a directory$"):
        begin(config(), tmp_path / "file" / "run")


@pytest.mark.parametrize(
    ("out", "said"), [("/", "cannot be a new run's folder"), (".", "cannot be a new run's folder"), ("n" * 300, "File name too long")]
)
def test_a_name_that_no_folder_can_have(out: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=said):
        begin(config(), Path(out))
    assert everything(tmp_path) == []


@pytest.mark.parametrize(
    ("changed", "execution", "said"),
    [
        ({"split__fraction": 0.001}, Execution(), "split.fraction 0.001 of 49 rows leaves nothing to train on"),
        ({"split": {"kind": "unknown"}}, Execution(), "split.kind unknown belongs to imported runs"),
        ({"split": {"kind": "given"}}, Execution(), "split.kind given belongs to imported runs"),
        ({"model__n_ctx": 2}, Execution(), "model.n_ctx is 2, but the task's rows have 3 tokens"),
        ({}, Execution(device="cuda:77"), "device cuda:77 cannot be used here"),
        ({}, Execution(threads=-2), "--threads -2"),
    ],
)
def test_what_cannot_be_trained_leaves_nothing(changed: dict[str, Any], execution: Execution, said: str, tmp_path: Path) -> None:
    made = config(**changed) if "split" not in changed else type(config()).model_validate(config().model_dump() | changed)
    with pytest.raises(UserError, match=said):
        launch.begin(made, tmp_path / "run", execution)
    assert everything(tmp_path) == []


def test_what_a_killed_process_of_the_same_number_left_is_not_taken_in(tmp_path: Path) -> None:
    left = tmp_path / f".run.{os.getpid()}" / "weights"
    left.mkdir(parents=True)
    (left / "00099999.safetensors").write_bytes(b"of another run")
    assert begin(config(), tmp_path / "run").steps == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"training__batch": 25}, "training.batch is 25, but the train split has 24 rows; use at most 24, or full"),
        ({"optimizer__kind": "muon", "model__attn_only": True, "optimizer__decay_scope": ["mlp"]}, "trains no parameter in the scope mlp"),
        ({"optimizer__decay_scope": ["mlp"], "model__attn_only": True}, "trains no parameter in the scope mlp; choose another"),
    ],
)
def test_what_does_not_fit_the_network_or_the_split_is_refused_before_there_is_a_folder(
    changed: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=said):
        begin(config(**changed), tmp_path / "run")
    assert everything(tmp_path) == []


@pytest.mark.parametrize("changed", [{"training__batch": 24}, {"training__batch": 100, "training__sampling": "replacement"}])
def test_a_batch_may_be_all_rows_and_larger_where_rows_are_drawn_again(changed: dict[str, Any], tmp_path: Path) -> None:
    assert begin(config(**changed), tmp_path / "run").config == config(**changed)


def test_a_config_from_before_there_was_a_choice_still_loads(tmp_path: Path) -> None:
    run = begin(config(), tmp_path / "run")
    path = run.path / "config.json"
    old = json.loads(path.read_text())
    new = {
        "training": ["sampling", "lp_alpha", "lp", "clip_norm", "weight_noise", "init_scale", "probes"],
        "optimizer": ["eps", "decay_to"],
    }
    for part, names in new.items():
        for name in names:
            del old[part][name]
    del old["gradient"], old["training"]["stop"]["train_loss_below"], old["optimizer"]["decay_scope"]
    path.write_text(json.dumps(old))
    assert open_run(run.path).config == config()
