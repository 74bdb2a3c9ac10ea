"""A run's folder, read."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from made_runs import make_run
from safetensors.numpy import save_file
from safetensors.torch import load_file
from trained_runs import config, train

import mechgrok
from mechgrok.errors import UserError
from mechgrok.models.hooks.hooked import version
from mechgrok.report.facts import facts
from mechgrok.runs.run import Run, open_run

MADE = config(
    model__layers=2, model__normalization="LN", model__biases="all", model__activation="gelu", optimizer__lr=0.01, checkpoints__at=(7,)
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two layers with LayerNorm and every bias, checkpoints at steps 0, 7, 10 and 20."""
    return train(MADE, tmp_path_factory.mktemp("trained") / "mine").path


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    return shutil.copytree(trained, tmp_path / "mine")


@pytest.fixture
def run(folder: Path) -> Run:
    return mechgrok.open_run(str(folder))


def test_what_a_run_knows(run: Run, folder: Path) -> None:
    assert (run.name, run.path, run.steps, run.last_step) == ("mine", folder, [0, 7, 10, 20], 20)
    assert run.config == MADE
    assert run.task == MADE.task
    assert repr(run) == f"Run('{folder}', 4 checkpoints)"


def test_the_name_of_the_folder_one_is_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert open_run(".").name == "mine"


def test_steps_are_numbers_in_order_whatever_else_lies_there(run: Run, folder: Path) -> None:
    for name in ("100000000.safetensors", "best.safetensors", ".00000030.safetensors.7", "00000040.pt"):
        (folder / "weights" / name).touch()
    assert run.steps == [0, 7, 10, 20, 100000000]


def test_metrics_are_a_table(run: Run) -> None:
    assert run.metrics.columns.tolist() == ["step", "split", "loss", "accuracy"]
    assert sorted(set(run.metrics.step)) == [0, 4, 7, 8, 10, 12, 16, 20]
    assert run.metrics.dtypes.loss == run.metrics.dtypes.accuracy == np.float64


def test_train_rows_are_those_of_the_rule(run: Run) -> None:
    assert run.is_train.dtype == bool
    assert run.is_train.tolist() == MADE.split.mask(49).tolist()


def test_what_is_not_there_is_empty_or_unknown(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run", train=None))
    (run.path / "metrics.csv").unlink()
    assert run.is_train is None
    assert run.execution == {}
    assert run.metrics.empty
    assert run.metrics.columns.tolist() == ["step", "split", "loss", "accuracy"]
    assert set(run.grid.subsets) == {"all"}


@pytest.mark.parametrize("step", [0, 7, 20, None])
def test_the_model_is_the_librarys_and_computes_the_snapshots_logits(run: Run, step: int | None) -> None:
    model = run.model(step)
    assert type(model).__name__ == {3: "HookedTransformer", 4: "TransformerBridge"}[version()]
    weights = load_file(run.weights_path(20 if step is None else step))
    assert torch.equal(model.blocks[0].attn.W_Q, weights["blocks.0.attn.W_Q"])
    assert torch.equal(model.embed.W_E, weights["embed.W_E"])
    with torch.no_grad():
        expected = model.to(torch.float64)(torch.from_numpy(run.task.inputs()))[:, -1, :7]
    snapshot = run.snapshot(step)
    assert snapshot.step == (20 if step is None else step)
    assert snapshot.logits.dtype == torch.float64
    assert (snapshot.logits - expected).abs().max() <= 1e-6 * expected.abs().max()


def test_a_trajectory_is_a_parameter_at_every_checkpoint(run: Run) -> None:
    path = run.trajectory("blocks.1.mlp.b_in")
    assert path.shape == (4, 24)
    for i, step in enumerate(run.steps):
        assert torch.equal(path[i], load_file(run.weights_path(step))["blocks.1.mlp.b_in"])
    assert not torch.equal(path[1], path[3])


@pytest.mark.parametrize(("step", "nearest"), [(6, 7), (9, 10), (1000, 20), (-1, 0)])
def test_a_step_without_checkpoint_names_the_nearest(run: Run, step: int, nearest: int) -> None:
    for ask in (run.snapshot, run.model, run.weights_path):
        with pytest.raises(UserError, match=rf"mine has no checkpoint at step {step}; the nearest is {nearest}$"):
            ask(step)


def test_a_run_without_checkpoints_says_how_to_get_some(run: Run, folder: Path) -> None:
    shutil.rmtree(folder / "weights")
    assert run.steps == []
    for ask in (run.snapshot, run.model):
        with pytest.raises(UserError, match=f"has no checkpoint yet; train it with: mechgrok train --resume {folder}$"):
            ask()


def test_a_damaged_checkpoint_is_named(run: Run, folder: Path) -> None:
    path = folder / "weights" / "00000007.safetensors"
    path.write_bytes(path.read_bytes()[:100])
    for ask in (run.snapshot, run.model):
        with pytest.raises(UserError, match=rf"^{path} cannot be read \([^\n]+\); "):
            ask(7)
    assert run.snapshot(10).logits.isfinite().all()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere", "there is no {}; give the folder of a run"),
        ("empty", "{} is not a run: it has no config.json; weights or logs of other programs come in by mechgrok import"),
        ("file", "{} is not a run"),
    ],
)
def test_what_is_no_run(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(UserError) as complaint:
        open_run(tmp_path / name)
    assert str(complaint.value).startswith(said.format(tmp_path / name))


@pytest.mark.parametrize(("name", "part"), [("config.json", "config"), ("execution.json", "execution"), ("split.safetensors", "is_train")])
@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe{}"])
def test_a_damaged_file_is_named_when_it_is_asked_for(name: str, part: str, content: bytes, run: Run, folder: Path) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(UserError, match=f"^{folder / name}[^\n]+$"):
        getattr(run, part)


@pytest.mark.parametrize("mask", [np.ones(48, np.uint8), np.ones((7, 7), np.uint8), np.array(1, np.uint8)])
def test_a_split_of_other_rows_is_named(mask: np.ndarray, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    save_file({"is_train": mask}, run / "split.safetensors")
    with pytest.raises(UserError, match=r"split\.safetensors holds a mask of shape .*; restore it from a copy$"):
        _ = open_run(run).snapshot().losses
    assert facts(open_run(run))["mirrored"] is None


def test_a_config_is_read_once(run: Run, folder: Path) -> None:
    before = (run.config, run.fingerprint(7))
    (folder / "config.json").unlink()
    assert (run.config, run.fingerprint(7)) == before
    assert run.task is run.config.task


def test_reading_writes_nothing(run: Run, folder: Path) -> None:
    before = {path: os.stat(path).st_mtime_ns for path in folder.rglob("*")}
    _ = (run.config, run.execution, run.metrics, run.is_train, run.snapshot().logits, run.trajectory("embed.W_E"), run.model())
    assert {path: os.stat(path).st_mtime_ns for path in folder.rglob("*")} == before


def test_what_probes_read_is_seen_by_measures_of_the_run(tmp_path: Path) -> None:
    run = train(config(training__probes=["gradient-norm"], training__steps=2), tmp_path / "run")
    before = run.whole_fingerprint()
    with (run.path / "probes.csv").open("a") as file:
        file.write("2,gradient-norm,total,1.0\n")
    assert open_run(run.path).whole_fingerprint() != before
    assert run.fingerprint(2) == Run(run.path).fingerprint(2)
