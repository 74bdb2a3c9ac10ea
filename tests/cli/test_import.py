"""mechgrok import."""

from __future__ import annotations

from pathlib import Path

import furuta
import numpy as np
import pytest
import torch
from lightning_logs import log
from trained_runs import config, train

from mechgrok.models.hooks.hooked import version
from mechgrok.runs.importing.logs import log_files
from mechgrok.runs.importing.safe_pickle import loading
from mechgrok.runs.run import open_run

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the library's demo would save of a network that has learnt its train rows, nearly all of the table."""
    made = config(split__fraction=0.9, training__steps=150, optimizer__lr=0.01, optimizer__weight_decay=0.1, checkpoints__every=50)
    folder = tmp_path_factory.mktemp("weights")
    run = train(made, folder / "trained")
    states = {step: run.model(step).state_dict() for step in run.steps}
    last = run.metrics[run.metrics.step == 150].set_index("split").loss
    losses = {f"{split}_losses": [1.0] * 149 + [float(last[split])] for split in ("train", "test")}
    epochs = [49, 99, 149]
    file = {"model": states[150], "checkpoints": [states[epoch + 1] for epoch in epochs], "checkpoint_epochs": epochs, **losses}
    torch.save(file, folder / "demo.pth")
    torch.save(file | {"train_indices": np.flatnonzero(run.is_train).tolist()}, folder / "named.pth")
    return folder


def test_it_says_what_it_made_and_whether_losses_come_out(call, weights: Path) -> None:
    words = ["--out", "run", "--split", "python-shuffle", "--fraction", 0.9, "--split-seed", 3]
    status, out, err = call("import", weights / "demo.pth", *words)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "run: add modulo 7, 1 layer(s), d_model 16, 3 checkpoint(s)"
    assert [line.split(";")[-1][:11] for line in lines if " loss: recorded" in line] == [" they agree"] * 2
    deviations = [float(line.split("agree to ")[1].split()[0]) for line in lines if " loss: recorded" in line]
    assert all(deviation < 0.2 for deviation in deviations)
    assert lines[-1] == "Next: mechgrok analyze run"
    assert open_run("run").steps == [50, 100, 150]


def test_a_wrong_seed_is_said_loudly(call, weights: Path) -> None:
    words = ["--out", "run", "--split", "python-shuffle", "--fraction", 0.9, "--split-seed", 4]
    status, out, _ = call("import", weights / "demo.pth", *words)
    assert status == 0
    assert "THEY DISAGREE: the split, the operation or the file is not the one that was stated" in out


def test_auto_finds_the_seed(call, weights: Path) -> None:
    _, out, _ = call("import", weights / "demo.pth", "--out", "run", "--split", "python-shuffle", "--fraction", 0.9, "--split-seed", "auto")
    assert "split seed 3 is the one from 0 to 99 that gives the recorded losses" in out
    assert open_run("run").config.split.seed == 3


def test_auto_tries_all_kinds_that_take_a_number_of_rows(call, weights: Path) -> None:
    _, out, _ = call("import", weights / "demo.pth", "--out", "run", "--train-rows", 44, "--split-seed", "auto")
    assert "split seed 3 is the one from 0 to 99 that gives the recorded losses (python-shuffle, 44 of 49 rows)" in out


def test_a_dry_run_of_a_log_writes_nothing(call, tmp_path: Path) -> None:
    path = log(tmp_path / "log")
    status, out, _ = call("import", path, "--out", "run", "--dry")
    assert (status, out.splitlines()[0]) == (0, "dry run: add modulo 7, curves alone")
    assert "Next:" not in out
    assert [each.name for each in tmp_path.iterdir()] == ["log"]


def test_a_dry_run_of_weights_lists_their_tensors(call, weights: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    status, out, _ = call("import", weights / "named.pth", "--out", "run", "--dry")
    assert status == 0
    theirs = "embed.W_E" if version() == 3 else "embed.weight"
    assert f"  {theirs} (8, 16) -> embed.W_E" in out.splitlines()
    assert [path.name for path in tmp_path.rglob("*")] == ["run"]


def test_the_help_names_all_endings(call, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call("import", "--help")
    out = capsys.readouterr().out
    assert all(ending in out for ending in (*loading.ENDINGS, *log_files.ENDINGS))


def test_rows_that_the_file_names_need_no_flags(call, weights: Path) -> None:
    _, out, _ = call("import", weights / "named.pth", "--out", "run")
    assert "the train rows are those that the file names" in out
    assert open_run("run").is_train.sum() == 44


def test_an_imported_run_cannot_be_resumed(call, weights: Path) -> None:
    call("import", weights / "named.pth", "--out", "run")
    status, _, err = call("train", "--resume", "run")
    assert (status, err) == (2, "mechgrok: run was imported, not trained here; there is nothing to resume\n")


def test_a_folder_of_checkpoints(call, tmp_path: Path) -> None:
    status, out, err = call("import", furuta.folder(tmp_path / "log"), "--out", "run", "--operation", "add")
    assert (status, err) == (0, "")
    assert out.splitlines()[0] == "run: add modulo 7, 1 layer(s), d_model 6, 4 checkpoint(s)"
    assert "the train rows are those that the file names" in out
    assert open_run("run").steps == [0, 1, 2001, 10_001]


@pytest.mark.parametrize(("settings", "learnt"), [("math_operator: '-'\n", "subtract modulo 7"), (None, "add modulo 7")])
def test_a_log(settings: str | None, learnt: str, call, tmp_path: Path) -> None:
    status, out, err = call("import", log(tmp_path / "log", settings), "--out", "run")
    assert (status, err) == (0, "")
    assert out.splitlines()[0] == f"run: {learnt}, curves alone"
    assert out.splitlines()[-1] == "Next: mechgrok analyze run"


def test_a_log_of_sums(call, tmp_path: Path) -> None:
    path = log(tmp_path / "log", "num_operand: 3\n", sizes=(25, 100))
    assert call("import", path, "--out", "run")[1].startswith("run: sum of 3 numbers modulo 5, curves alone\n")


def cut(weights: Path, to: Path) -> None:
    to.write_bytes((weights / "demo.pth").read_bytes()[:2000])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Missing from mechgrok import"),
        (["FILE"], "Missing from mechgrok import: --out"),
        (["nowhere.pth", "--out", "run"], "there is no nowhere.pth"),
        (["cut.pth", "--out", "run"], "cut.pth is damaged"),
        (["cut.csv", "--out", "run"], "there is no file cut.csv"),
        ([".", "--out", "run"], "cut.pth is damaged"),
        (["FILE", "--out", "run", "--p", "11"], "FILE: the file's network has 8 tokens and 8 classes"),
        (["FILE", "--out", "run", "--p", "seven"], "Error parsing --p"),
        (["FILE", "--out", "run", "--operation", "modulo"], "invalid choice 'modulo' for argument '--operation'"),
        (["FILE", "--out", "run", "--operation", "subtract"], "the network gives the labels of subtract for"),
        (["FILE", "--out", "run", "--split", "python-shuffle"], "--split needs --fraction and --split-seed"),
        (["FILE", "--out", "run", "--split-seed", "3"], "--split-seed: give the kind of split too, --split python-shuffle"),
        (
            ["FILE", "--out", "run", "--split", "python-shuffle", "--fraction", "2", "--split-seed", "3"],
            "--fraction 2.0: a share of the rows, above 0 and at most 1",
        ),
        (["FILE", "--out", "run", "--split", "python-shuffle", "--fraction", ".9", "--split-seed", "x"], "Error parsing --split-seed"),
        (["FILE", "--out", "run", "--step", "7"], "FILE: the file holds its steps (50, 100, 150); leave --step away"),
        (["FILE", "--out", "cut.pth"], "cut.pth exists already and is never overwritten; choose another --out"),
        (["FILE", "--out", "run", "--bogus"], "Unrecognized options: --bogus"),
    ],
)
def test_wrong_input_is_one_line_and_writes_nothing(words: list[str], said: str, call, weights: Path, tmp_path: Path) -> None:
    cut(weights, tmp_path / "cut.pth")
    file = str(weights / "demo.pth")
    status, out, err = call("import", *(word.replace("FILE", file) for word in words))
    assert (status, out) == (2, "")
    assert err.startswith(f"mechgrok: {said.replace('FILE', file)}")
    assert err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["cut.pth"]
