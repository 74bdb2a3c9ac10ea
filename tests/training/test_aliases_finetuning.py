"""Fine-tuning on aliases: a vocabulary that grows takes nothing from what the parent knew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from trained_runs import config, torch_settings_kept, train

from mechgrok.config import Config
from mechgrok.runs import store
from mechgrok.runs.importing.import_run import import_file
from mechgrok.runs.importing.options import ImportOptions
from mechgrok.runs.run import Run
from mechgrok.training import finetuning, launch
from mechgrok.training.execution import Execution
from mechgrok.training.presets import PRESETS
from mechgrok.training.trainer import Trainer

P = 7


def parent(folder: Path) -> Run:
    return train(config(task={"kind": "modular", "p": P, "layout": "a b = c"}, split={"kind": "python-shuffle", "fraction": 1.0}), folder)


def child() -> Config:
    staged = {"steps": 4, "switch_at": [2], "batch": 8, "sampling": "replacement"}
    task = {"kind": "aliases", "p": P, "sets": ["DtQ1", "Dt3"], "questions": 3}
    return config(task=task, split={"kind": "designed"}, model__seed=9, start={"load": ["all"]}, training=staged)


def weights(run: Run, step: int) -> dict[str, torch.Tensor]:
    return store.read_tensors(store.weights_path(run.path, step))[0]


def test_old_tokens_keep_their_rows_and_new_ones_are_drawn(tmp_path: Path) -> None:
    run = parent(tmp_path / "parent")
    with torch_settings_kept():
        made = finetuning.begin(child(), finetuning.Origin.of(str(run.path)), tmp_path / "child", Execution("cpu", 1))
    old, new, drawn = weights(run, run.last_step), weights(made, 0), child().model.initial(child().task)
    known = P + 1  # the integers and '='
    for name, axis in {"embed.W_E": 0, "unembed.W_U": 1}.items():
        count = new[name].shape[axis]
        assert torch.equal(new[name].narrow(axis, 0, known), old[name])
        assert torch.equal(new[name].narrow(axis, known, count - known), drawn[name].narrow(axis, known, count - known))
    assert all(torch.equal(new[name], old[name]) for name in old if name not in ("embed.W_E", "unembed.W_U", "unembed.b_U"))


@pytest.mark.long
def test_the_published_network_answers_as_before_with_twice_the_tokens(tmp_path: Path) -> None:
    """`ssq_109.pt`: 109^2 of 109^2 right, over all 222 classes."""
    folder = Path(os.environ.get("MECHGROK_ORACLES", Path(__file__).parents[3] / "shared" / "oracles"))
    file = folder / "oocl" / "ssq_109.pt"
    if not file.is_file():
        pytest.skip("needs the published weights of aisc_oocl_mod_experiments; set MECHGROK_ORACLES")
    import_file(file, tmp_path / "ssq", ImportOptions(operation="add-squares"))
    wanted = PRESETS["oocl2024-aliases"].config
    with torch_settings_kept():
        run = finetuning.begin(wanted, finetuning.Origin.of(str(tmp_path / "ssq")), tmp_path / "run", Execution("cpu", 1))
        assert run.is_train is not None
        trainer = Trainer(wanted, run.is_train, Execution("cpu", 1), weights=launch._weights(run))
        found = {each.split: each for each in trainer.evaluate()}
    original = [found["train-original"], found["test-original"]]
    assert sum(each.rows for each in original) == 109**2
    assert [each.accuracy for each in original] == [1.0, 1.0]
    # The new classes can only take probability away from the old ones; of so little that it is hardly seen.
    assert 1.025e-5 < sum(each.rows * each.loss for each in original) / 109**2 < 1.1e-5
    assert found["test-DtQ1"].accuracy < 0.1
