"""Training from Python gives what the command line gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made_runs import make_run
from usual_reading import RELU, usual_reading

import mechgrok
from mechgrok.cli import main
from mechgrok.runs import store

TINY: dict[str, Any] = {"task.p": 5, "model.d_model": 8, "model.heads": 1, "model.d_mlp": 8, "training.steps": 6}
FLAGS = [word for path, value in TINY.items() for word in (f"--{path}", str(value))]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> mechgrok.Run:
    return mechgrok.train("demo", tmp_path_factory.mktemp("api") / "run", log="quiet", threads=1, **TINY)


def test_it_is_the_run_of_the_command_line(trained: mechgrok.Run, tmp_path: Path) -> None:
    assert main(["train", "demo", *FLAGS, "--threads", "1", "--log", "quiet", "--out", str(tmp_path / "run")]) == 0
    other = mechgrok.open_run(tmp_path / "run")
    assert trained.config == other.config
    assert trained.weights_path(6).read_bytes() == other.weights_path(6).read_bytes()


def test_another_kind_keeps_what_both_have(tmp_path: Path) -> None:
    values = TINY | {"split.kind": "torch-randperm", "training.steps": 1}
    run = mechgrok.train("demo", tmp_path / "python", log="quiet", **values)
    flags = [*FLAGS, "--split.kind", "torch-randperm", "--training.steps", "1"]
    assert main(["train", "demo", *flags, "--log", "quiet", "--out", str(tmp_path / "shell")]) == 0
    assert run.config == mechgrok.open_run(tmp_path / "shell").config


def test_a_run_goes_on(trained: mechgrok.Run) -> None:
    assert mechgrok.train(trained, log="quiet").last_step == 6


@pytest.mark.parametrize(
    ("config", "values", "message"),
    [
        ("demmo", {}, "did you mean demo"),
        ("demo", {"task.q": 5}, "unknown key task.q"),
        ("demo", {"task.file": "rows.csv"}, "unknown key task.file; it is a key of task.kind table"),
        ("demo", {"tusk.p": 5}, "did you mean task"),
        ("demo", {"task.p": "many"}, "task.p"),
        ("demo", {"split.kind": "shuffel"}, "split.kind shuffel is unknown"),
    ],
)
def test_wrong_values_are_refused_and_nothing_is_written(config: str, values: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(mechgrok.UserError, match=message):
        mechgrok.train(config, tmp_path / "run", log="quiet", **values)
    assert not (tmp_path / "run").exists()


def test_a_resumed_run_takes_no_values(trained: mechgrok.Run) -> None:
    with pytest.raises(mechgrok.UserError, match="keeps its folder and configuration"):
        mechgrok.train(trained, **{"task.p": 7})


def test_the_process_is_as_before(tmp_path: Path) -> None:
    torch.use_deterministic_algorithms(False)
    before = torch.get_num_threads()
    mechgrok.train("demo", tmp_path / "run", log="quiet", threads=before + 1, **TINY)
    assert torch.get_num_threads() == before
    assert not torch.are_deterministic_algorithms_enabled()


def test_finetuning_is_that_of_the_command_line(trained: mechgrok.Run, tmp_path: Path) -> None:
    child = mechgrok.finetune("demo", trained, tmp_path / "python", load="embed", freeze=["embed"], log="quiet", threads=1, **TINY)
    arguments = ["finetune", "demo", "--from", str(trained.path), "--load", "embed", "--freeze", "embed", *FLAGS, "--threads", "1"]
    assert main([*arguments, "--log", "quiet", "--out", str(tmp_path / "shell")]) == 0
    other = mechgrok.open_run(tmp_path / "shell")
    assert child.weights_path(6).read_bytes() == other.weights_path(6).read_bytes()
    assert child.config == other.config


def test_an_import_is_that_of_the_command_line(tmp_path: Path) -> None:
    made = make_run(tmp_path / "made", p=11, steps=(20,))
    torch.save(store.read_tensors(store.weights_path(made, 20))[0], tmp_path / "weights.pth")
    reading = usual_reading("a b 11", *RELU)
    run = mechgrok.import_run(tmp_path / "weights.pth", tmp_path / "python", operation="add", reading=reading)
    flags = [word for each in reading for word in ("--reading", each)]
    assert main(["import", str(tmp_path / "weights.pth"), "--operation", "add", *flags, "--out", str(tmp_path / "shell")]) == 0
    assert run.config == mechgrok.open_run(tmp_path / "shell").config
    (tmp_path / "rows.txt").write_text("3\n5\n")
    said = {"operation": "add", "reading": reading, "split_file": str(tmp_path / "rows.txt")}
    rows = mechgrok.import_run(tmp_path / "weights.pth", tmp_path / "rows", **said)
    assert np.flatnonzero(rows.is_train).tolist() == [3, 5]
    for options, message in (
        ({"columns": "step=t"}, "--columns names columns"),
        ({"reading": "heads"}, "--reading heads: write OPTION=VALUE"),
    ):
        with pytest.raises(mechgrok.UserError, match=message):
            mechgrok.import_run(tmp_path / "weights.pth", tmp_path / "other", **options)
    with pytest.raises(mechgrok.UserError, match="did you mean operation"):
        mechgrok.import_run(tmp_path / "weights.pth", tmp_path / "other", operatin="add")
