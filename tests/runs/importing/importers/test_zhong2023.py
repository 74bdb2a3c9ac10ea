"""The config that Zhong et al. save beside their weights."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import plain_forward
import pytest
import torch
from importer_sample import Sample
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.models.architecture import Architecture
from mechgrok.models.forward.fast_forward import Batch, logits
from mechgrok.runs.importing.importer import WeightsFile
from mechgrok.runs.importing.importers.zhong2023 import Zhong2023
from mechgrok.runs.importing.inference.architecture import infer_architecture
from mechgrok.runs.importing.orientation import to_hooked_transformer
from mechgrok.runs.importing.recognition import recognise
from mechgrok.runs.importing.safe_pickle import loading

SAID = {"C": 11, "n_heads": 2, "d_model": 5, "n_layers": 1, "act_fn": "GeLU", "epoch": 300, "batch_size": 121, "frac": 0.8}
SAID |= {"attention_dir": "casual", "diff_vocab": 0, "eqn_sign": False, "attn_coeff": 0.25}


def sample() -> Sample:
    """A random network of two positions, its config, and the forward pass with the attention pattern that their code mixes."""
    state, tokens = plain_forward.columns_network(positions=2), torch.tensor([[1, 2], [9, 0], [3, 3]])
    config = SAID | {"act_fn": "ReLU", "n_heads": 2, "d_model": 6}
    logits = plain_forward.in_columns(state, tokens, coefficient=0.25)
    biases, ignored = frozenset({"blocks.0.mlp.b_in", "blocks.0.mlp.b_out"}), frozenset({"blocks.0.attn.mask"})
    return Sample(state, tokens, logits, None, "model_x.pt", {"config_x.json": json.dumps(config)}, biases=biases, ignored=ignored)


@pytest.fixture
def paper(small: dict[str, Tensor]) -> dict[str, Tensor]:
    """A network in the paper's orientation, with two positions."""
    turned = {name: tensor.T if tensor.ndim == 2 else tensor for name, tensor in small.items() if "attn" not in name}
    turned |= {"unembed.W_U": small["unembed.W_U"], "pos_embed.W_pos": small["pos_embed.W_pos"][:2]}
    turned |= {f"blocks.0.attn.W_{letter}": small[f"blocks.0.attn.W_{letter}"].transpose(1, 2) for letter in "QKV"}
    return turned | {"blocks.0.attn.W_O": small["blocks.0.attn.W_O"].flatten(0, 1).T}


def beside(folder: Path, text: str, name: str = "config_x.json") -> Path:
    (folder / name).write_text(text)
    return folder / "model_x.pt"


def recognised(data: Any, path: Path) -> str:
    return recognise(WeightsFile(data, path)).name


def test_weights_with_the_config_of_the_same_name_are_theirs(paper: dict[str, Tensor], tmp_path: Path) -> None:
    file = WeightsFile(paper, beside(tmp_path, json.dumps(SAID)))
    assert recognise(file).name == "zhong2023"
    assert recognise(file).convert(file).config["attention_coefficient"] == 0.25


@pytest.mark.parametrize(
    ("file", "name", "text"),
    [
        ("model_x.pt", "config_y.json", json.dumps(SAID)),
        ("x.pt", "config_x.json", json.dumps(SAID)),
        ("model_x.pt", "config_x.json", json.dumps({"lr": 1})),
        ("model_x.pt", "config_x.json", "[1]"),
    ],
)
def test_with_other_files_beside_them_weights_are_those_of_nanda(file: str, name: str, text: str, paper: Any, tmp_path: Path) -> None:
    beside(tmp_path, text, name)
    assert recognised(paper, tmp_path / file) == "nanda2023"


@pytest.mark.parametrize("text", [json.dumps(SAID), "{"])
def test_for_weights_of_other_formats_the_config_is_not_read(text: str, small: dict[str, Tensor], tmp_path: Path) -> None:
    path = beside(tmp_path, text)
    assert recognised(small, path) == "hooked-transformer"
    assert not Zhong2023().recognises(WeightsFile([1, 2], path))


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000])
def test_a_config_that_cannot_be_read_is_named(text: str, paper: dict[str, Tensor], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"config_x\.json stands beside the weights and is no JSON; mend it, or move it away"):
        recognised(paper, beside(tmp_path, text))


def _convert(paper: dict[str, Tensor], **changed: Any) -> tuple[Architecture, Any]:
    foreign = Zhong2023().convert(WeightsFile({"model": paper, "config": SAID | changed}))
    return infer_architecture(foreign.last, foreign.config), foreign


def test_activation_coefficient_and_step_are_taken_and_told(paper: dict[str, Tensor]) -> None:
    shape, foreign = _convert(paper)
    assert (shape.activation, shape.attention_coefficient, shape.normalization, shape.n_ctx) == ("gelu", 0.25, None, 2)
    assert list(foreign.snapshots) == [300]
    (told,) = [note for note in foreign.notes if "config beside" in note]
    assert "attention coefficient 0.25; it trained on a share of 0.8 of the pairs, drawn without a seed" in told
    assert not any("taken to be" in note or "says nothing" in note for note in foreign.notes)


@pytest.mark.parametrize("changed", [{"batch_size": 120}, {"epoch": "many"}, {"epoch": None}])
def test_without_one_batch_an_epoch_the_step_is_unknown(changed: dict[str, Any], paper: dict[str, Tensor]) -> None:
    foreign = _convert(paper, **changed)[1]
    assert list(foreign.snapshots) == [None]
    assert not any("taken for the step" in note for note in foreign.notes)


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"n_layers": 2}, "has no mask"),
        ({"diff_vocab": 1}, "tokens of their own"),
        ({"act_fn": "Tanh"}, "activation is 'Tanh'"),
        ({"n_heads": 4}, "n_heads = 4, but its weights have 2"),
        ({"attn_coeff": 1.5}, r"coefficient of 1\.5"),
        ({"attn_coeff": float("nan")}, "coefficient of nan"),
        ({"attn_coeff": True}, "coefficient of True"),
        ({"attn_coeff": None}, "coefficient of None"),
    ],
)
def test_what_our_networks_do_not_do_is_refused(changed: dict[str, Any], complaint: str, paper: dict[str, Tensor]) -> None:
    with pytest.raises(UserError, match=complaint):
        _convert(paper, **changed)


def test_the_published_network_is_run_as_its_config_says(oracles: Path, forward: Callable[..., Tensor]) -> None:
    """Against equations with a pattern of ones; the norm of all parameters is the published one."""
    path = oracles / "zhong2023" / "model_p99zdpze5l.pt"
    file = WeightsFile(loading.read(path), path)
    foreign = recognise(file).convert(file)
    shape = infer_architecture(foreign.last, foreign.config)
    a, b = (rows.flatten() for rows in torch.meshgrid(torch.arange(59), torch.arange(59), indexing="ij"))
    tokens = torch.stack([a, b], 1)
    weights = {name: tensor.double() for name, tensor in foreign.last.items()}
    ours = logits(weights, shape, Batch.of(tokens))
    assert torch.allclose(ours, forward(weights, tokens, uniform=True), rtol=1e-10, atol=1e-10)
    assert not torch.allclose(ours, forward(weights, tokens), atol=1)
    assert sum(float(tensor.square().sum()) for tensor in weights.values()) ** 0.5 == pytest.approx(22.8538, abs=5e-5)


@pytest.mark.parametrize("name", ["attn_coeff", "n_layers", "batch_size"])
def test_a_tensor_in_the_config_is_refused(name: str, paper: dict[str, Tensor], tmp_path: Path) -> None:
    file = WeightsFile({"model": paper, "config": SAID | {name: torch.ones(2)}}, tmp_path / "model_x.pt")
    with pytest.raises(UserError, match=f"^the config's {name} is a tensor and has to be a number or a word; save it as one$"):
        recognise(file)


def test_an_output_matrix_without_elements_is_refused(paper: dict[str, Tensor]) -> None:
    with pytest.raises(UserError, match=r"W_O' is not of shape \(d_model, 2 \* d_head\)"):
        to_hooked_transformer(paper | {"blocks.0.attn.W_O": torch.zeros(0, 4)})
