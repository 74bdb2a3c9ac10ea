"""Folders of the checkpoints of one network, named as in the out-of-context experiments."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import furuta
import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from usual_reading import usual_reading

from mechgrok.errors import UserError
from mechgrok.runs.importing.import_run import import_file
from mechgrok.runs.importing.options import ImportOptions
from mechgrok.runs.run import open_run

READING = usual_reading("a b 7", "normalization=LN")
SAID = ImportOptions(operation="add-squares", reading=READING)
"""The weights are random, so no reading would be found."""


def state(seed: int, p: int = 7) -> dict[str, Tensor]:
    """Their network, smaller: two layers of attention alone with LayerNorm, heads as wide as the model, five positions, p + 1 tokens."""
    generator = torch.Generator().manual_seed(seed)
    shapes = {"embed.W_E": (p + 1, 6), "pos_embed.W_pos": (5, 6), "unembed.W_U": (6, p + 1), "unembed.b_U": (p + 1,)}
    for layer in range(2):
        attn = f"blocks.{layer}.attn"
        shapes |= {f"{attn}.W_{name}": (2, 6, 6) for name in "QKVO"} | {f"{attn}.b_{name}": (2, 6) for name in "QKV"}
        shapes |= {f"{attn}.b_O": (6,), f"blocks.{layer}.ln1.w": (6,), f"blocks.{layer}.ln1.b": (6,)}
    shapes |= {"ln_final.w": (6,), "ln_final.b": (6,)}
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}


def save(folder: Path, states: Mapping[str, object]) -> Path:
    folder.mkdir()
    for name, each in states.items():
        torch.save(each, folder / name)
    return folder


def test_a_single_file_is_their_network(forward: Callable[..., Tensor], tmp_path: Path) -> None:
    """Four of five positions are fed while training, the answer's among them; under the causal mask three say all at '='."""
    path = save(tmp_path / "models", {"ssq_7.pt": state(0)}) / "ssq_7.pt"
    import_file(path, tmp_path / "run", SAID)
    run = open_run(tmp_path / "run")
    assert (run.task.layout, run.task.p, run.config.model.n_ctx, run.config.model.attn_only) == ("a b =", 7, 5, True)
    a, b = np.divmod(np.arange(49), 7)
    theirs = forward(state(0), torch.from_numpy(np.stack([a, b, np.full(49, 7)], 1)))
    assert torch.allclose(run.snapshot().logits, theirs[:, :7], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", ["grok_ssq_{:010}.pt", "oocl_7_step_{}.pt"])
def test_names_say_the_steps(name: str, tmp_path: Path) -> None:
    """In the order of numbers, which for the second is not that of names."""
    folder = save(tmp_path / "models", {name.format(step): state(step) for step in (1_000_000, 500_000, 90_000)})
    made = import_file(folder, tmp_path / "run", SAID)
    run = open_run(tmp_path / "run")
    assert run.steps == [90_000, 500_000, 1_000_000]
    assert all(torch.equal(run.snapshot(step).weights["embed.W_E"], state(step)["embed.W_E"]) for step in run.steps)
    assert "steps are those in the files' names" in made.notes


@pytest.mark.parametrize(
    "form",
    [
        *("checkpoint_epoch_{}.pt", "step_{:06d}.pt", "ckpt_{}.pt", "{}.pth", "model_{:06d}.pth", "model_step{}.pt", "m_step_{}.ckpt"),
        *("p7_seed_0_{}.pt", "epoch={}-step={}.ckpt", "epoch={}-step={}-v2.ckpt", "run3.{}.bin"),
    ],
)
def test_the_number_that_differs_among_names_is_the_step(form: str, tmp_path: Path) -> None:
    steps = (8500, 10_000)
    names = {step: form.format(*((step // 50, step) if form.count("{") == 2 else (step,))) for step in steps}
    folder = save(tmp_path / "models", {names[step]: state(step) for step in steps})
    import_file(folder, tmp_path / "run", SAID)
    run = open_run(tmp_path / "run")
    assert run.steps == list(steps)
    assert torch.equal(run.snapshot(8500).weights["embed.W_E"], state(8500)["embed.W_E"])


def test_a_step_in_the_file_wins_over_its_name(tmp_path: Path) -> None:
    folder = save(tmp_path / "models", {f"c_{n}.pt": {"model_state": state(n), "step": 100 * n} for n in (1, 2)})
    assert import_file(folder, tmp_path / "run", SAID).steps == (100, 200)


def test_files_of_another_network_and_without_weights_are_named_and_left_out(tmp_path: Path) -> None:
    files = {f"c_{n}.pt": state(n) for n in (1, 2)} | {"other_3.pt": state(1, p=11), "results.pt": {"losses": [1.0]}, "opt.pt": Path.touch}
    made = import_file(save(tmp_path / "models", files), tmp_path / "run", SAID)
    assert made.steps == (1, 2)
    assert "left out other_3.pt: of another network than the 2 others" in made.notes
    assert "left out opt.pt, results.pt: no weights in it" in made.notes


def test_the_end_without_a_step_is_left_out_and_told(tmp_path: Path) -> None:
    folder = save(tmp_path / "models", {"ssq_0000000500.pt": state(1), "ssq.pt": state(2), "interrupted.pt": state(3)})
    made = import_file(folder, tmp_path / "run", SAID)
    assert made.steps == (500,)
    assert "left out interrupted.pt, ssq.pt: neither the files nor their names give a step" in made.notes


@pytest.mark.parametrize("form", ["checkpoint-{}/model.pt", "{}/pytorch_model.bin", "checkpoints/epoch={}.ckpt"])
def test_folders_of_checkpoints_are_read(form: str, tmp_path: Path) -> None:
    """As Hugging Face's Trainer and Lightning write them, beside an optimiser."""
    for step in (100, 200):
        path = tmp_path / "models" / form.format(step)
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(state(step), path)
        torch.save({"state": {}, "param_groups": []}, path.with_name("optimizer.pt"))
    made = import_file(tmp_path / "models", tmp_path / "run", SAID)
    assert made.steps == (100, 200)
    assert any(note.startswith("left out optimizer.pt") for note in made.notes)


def test_copies_averages_and_damaged_files_are_named_and_left_out(tmp_path: Path) -> None:
    files = {f"model_{n}k.pt": {"net": state(n), "step": 1000 * n} for n in (1, 2)}
    folder = save(tmp_path / "models", files | {"last.pt": files["model_2k.pt"], "ema_1k.pt": state(3), "ema_2k.pt": state(4)})
    (folder / "model_3k.pt").write_bytes((folder / "model_1k.pt").read_bytes()[:300])
    (folder / "._model_1k.pt").write_bytes(b"of a file system")
    made = import_file(folder, tmp_path / "run", SAID)
    assert made.steps == (1000, 2000)
    assert {"left out last.pt: the same as another file", "left out ema_1k.pt, ema_2k.pt: averages by their names"} <= set(made.notes)
    assert any("left out a file that cannot be read" in note and "model_3k.pt is damaged" in note for note in made.notes)


def test_thousands_in_names(tmp_path: Path) -> None:
    folder = save(tmp_path / "models", {name: state(n) for n, name in enumerate(["m_500.pt", "m_1.5k.pt", "m_10k.pt"])})
    assert import_file(folder, tmp_path / "run", SAID).steps == (500, 1500, 10_000)


def test_a_folder_of_one_file_is_that_file(tmp_path: Path) -> None:
    folder = save(tmp_path / "models", {"model.pt": state(1)})
    made = import_file(folder, tmp_path / "run", replace(SAID, step=300))
    assert made.steps == (300,)


@pytest.mark.parametrize(
    ("states", "complaint"),
    [
        ({}, "holds no .pt, .pth, .ckpt, .safetensors, .npz, .pkl, .bin file and no log of curves"),
        ({"a_0000000001.pt": state(1), "b_0000000002.pt": state(1)}, "it holds checkpoints of several runs, such as a_0000000001.pt, b_"),
        ({"a_0000000001.pt": state(1), "a_1.pt": state(2)}, "a_1.pt is a second checkpoint of step 1"),
        ({"a.pt": state(1), "b.pt": state(1)}, "neither contents nor names give the steps of a.pt, b.pt;"),
        ({"a_0000000001.pt": state(1), "a_0000000002.pt": state(1, p=11)}, "as many files of one network as of another"),
        ({"a_0000000001.pt": state(1), "init.pth": furuta.network()}, "as many files of one network as of another"),
        ({"a_0000000001.pt": [1]}, "a_0000000001.pt: the file holds no weights; it holds a list of 1"),
        ({"a_1_2.pt": state(1), "a_3_4.pt": state(1)}, "have several numbers that differ; name them step_100.pt"),
    ],
)
def test_what_is_no_such_folder_is_refused_in_one_line(states: Mapping[str, object], complaint: str, tmp_path: Path) -> None:
    folder = save(tmp_path / "models", states)
    with pytest.raises(UserError) as error:
        import_file(folder, tmp_path / "run", SAID)
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["models"]


def test_records_of_each_file_are_of_its_weights(tmp_path: Path) -> None:
    """Single numbers in files whose names hold the steps; lists are those of the last file that has some."""
    files = {f"c_{n}.pt": {"net": state(n), "test_loss": 1.0 / n, "train_losses": [1.0] * n} for n in (10, 20)}
    import_file(save(tmp_path / "models", files | {"c_30.pt": state(30)}), tmp_path / "run", SAID)
    metrics = open_run(tmp_path / "run").metrics
    test = metrics[metrics.split == "test"]
    assert dict(zip(test.step, test.loss, strict=True)) == {10: 0.1, 20: 0.05}
    assert metrics[metrics.split == "train"].step.tolist() == list(range(20))


def test_epochs_in_names_are_updates_or_as_long_as_the_step_of_the_last_gives(tmp_path: Path) -> None:
    folder = save(tmp_path / "models", {f"m_epoch_{n}.pt": state(n) for n in (5, 10)})
    made = import_file(folder, tmp_path / "run", SAID)
    assert made.steps == (5, 10)
    assert "the file counts epochs: each is taken to be one update (correct it by --step N)" in made.notes
    assert import_file(folder, tmp_path / "longer", replace(SAID, step=400)).steps == (200, 400)


@pytest.mark.parametrize("wrap", [lambda weights: weights, lambda weights: {"net": weights}], ids=["bare", "wrapped"])
def test_a_broken_config_beside_the_checkpoints_is_named(wrap: Callable[..., object], tmp_path: Path) -> None:
    folder = save(tmp_path / "models", {f"c_{n}.pt": wrap(state(n)) for n in (1, 2)})
    (folder / "config.json").write_text("{")
    with pytest.raises(UserError, match=r"config\.json stands beside the weights and is no JSON"):
        import_file(folder, tmp_path / "run", SAID)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("checkpoint-300/model.safetensors", "checkpoint-300"),
        ("checkpoint-300/model.safetensors", "checkpoint-300/model.safetensors"),
        ("runs/step_300.pt", "runs"),
        ("step_300.pt", "step_300.pt"),
        ("p7_layers2_step300.pt", "p7_layers2_step300.pt"),
        ("300.pt", "300.pt"),
    ],
)
def test_a_single_checkpoint_is_at_the_step_of_its_name(name: str, given: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    save_file(state(1), path) if path.suffix == ".safetensors" else torch.save(state(1), path)
    made = import_file(tmp_path / given, tmp_path / "out", SAID)
    assert made.steps == (300,)
    assert any(note.startswith("the step of the weights, 300, is that in the name") for note in made.notes)
    assert import_file(tmp_path / given, tmp_path / "corrected", replace(SAID, step=310)).steps == (310,)


@pytest.mark.parametrize("name", ["model_p7.pt", "grok_v2.pt", "run3/model.pt"])
def test_other_numbers_in_names_are_no_steps(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    torch.save(state(1), path)
    assert import_file(path, tmp_path / "out", SAID).steps == (0,)


def test_the_log_of_checkpoints_in_folders_of_their_own_lies_in_the_last(tmp_path: Path) -> None:
    """As Hugging Face's Trainer saves them: 1000 comes after 200."""
    for step in (200, 1000):
        folder = tmp_path / "saved" / f"checkpoint-{step}"
        folder.mkdir(parents=True)
        save_file(state(step), folder / "model.safetensors")
        history = [{"step": at, "epoch": at / 10, "loss": 100 / at} for at in range(100, step + 1, 100)]
        state_of_trainer = {"global_step": step, "log_history": [*history, {"step": step, "eval_loss": 2.0}]}
        (folder / "trainer_state.json").write_text(json.dumps(state_of_trainer))
    made = import_file(tmp_path / "saved", tmp_path / "run", SAID)
    assert made.steps == (200, 1000)
    metrics = open_run(tmp_path / "run").metrics
    assert metrics[metrics.split == "train"].step.tolist() == list(range(100, 1001, 100))
