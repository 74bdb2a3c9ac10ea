"""State dicts of the library, published and made here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import plain_forward
import pytest
import torch
from importer_sample import Sample
from safetensors.torch import save_file
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.importer import WeightsFile
from mechgrok.runs.importing.importers.hooked_transformer import HookedTransformer
from mechgrok.runs.importing.inference.architecture import infer_architecture
from mechgrok.runs.importing.recognition import recognise
from mechgrok.runs.importing.safe_pickle import loading


def sample() -> Sample:
    """The small network, with a mask and biases of the attention."""
    state = {**plain_forward.small_network(), "blocks.0.attn.mask": torch.ones(4, 4).tril()}
    state["blocks.0.attn.b_Q"] = torch.tensor([[0.5, -1.0, 2.0], [0.0, 1.0, -0.5]])
    tokens = torch.tensor([[1, 2, 10], [9, 0, 10], [3, 3, 10]])
    biases = frozenset(name for name in state if ".b_" in name)
    return Sample(state, tokens, plain_forward.logits(state, tokens), biases=biases, ignored=frozenset({"blocks.0.attn.mask"}))


def convert(data: Any) -> Foreign:
    return HookedTransformer().convert(WeightsFile(data))


def _pairs(p: int) -> tuple[Tensor, Tensor, Tensor]:
    a, b = (rows.flatten() for rows in torch.meshgrid(torch.arange(p), torch.arange(p), indexing="ij"))
    return a, b, torch.stack([a, b, torch.full_like(a, p)], 1)


def test_a_published_network_answers_as_published(oracles: Path, forward: Callable[..., Tensor]) -> None:
    file = WeightsFile(loading.read(oracles / "chughtai2023" / "C113_T_seed1" / "model.pt"))
    importer = recognise(file)
    foreign = importer.convert(file)
    a, b, tokens = _pairs(113)
    logits = forward(foreign.last, tokens)
    assert importer.name == foreign.format == "hooked-transformer"
    assert (logits.argmax(-1) == (a + b) % 113).all()
    assert torch.nn.functional.cross_entropy(logits, (a + b) % 113).item() == pytest.approx(1.5851601e-7, rel=1e-4)
    assert any("x_embed" in note and "y_embed" in note for note in foreign.notes)
    assert not {"x_embed", "blocks.0.attn.mask", "blocks.0.attn.IGNORE"} & set(foreign.last)


def test_two_layers_of_attention_with_layernorm(oracles: Path, forward: Callable[..., Tensor]) -> None:
    file = WeightsFile(loading.read(oracles / "oocl" / "ssq_109.pt"))
    foreign = recognise(file).convert(file)
    a, b, tokens = _pairs(109)
    logits = forward(foreign.last, tokens[::7])
    assert (logits.argmax(-1) == ((a * a + b * b) % 109)[::7]).all()
    found = infer_architecture(foreign.last, foreign.config)
    assert (found.layers, found.attn_only, found.normalization, found.d_head, found.n_ctx) == (2, True, "LN", 128, 5)


def test_safetensors(small: dict[str, Tensor], tmp_path: Path) -> None:
    save_file(small, tmp_path / "weights.safetensors")
    foreign = convert(loading.read(tmp_path / "weights.safetensors"))
    assert all(torch.equal(foreign.last[name], tensor) for name, tensor in small.items())


def test_a_config_beside_bare_weights_gives_their_options(small: dict[str, Tensor], tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"act_fn": "gelu", "normalization_type": null, "n_ctx": 4}')
    structure = HookedTransformer().convert(WeightsFile(small, tmp_path / "weights.pt")).structure
    assert structure is not None
    assert structure.choices["activation"] == ("gelu",)


def test_numbers_stand_as_stored_in_float32(small: dict[str, Tensor]) -> None:
    foreign = convert(small | {"embed.W_E": small["embed.W_E"].double()})
    assert {tensor.dtype for tensor in foreign.last.values()} == {torch.float32}
    assert torch.equal(foreign.last["embed.W_E"], small["embed.W_E"])
    assert any("float64" in note for note in foreign.notes)


@pytest.mark.parametrize(
    ("name", "tensor", "complaint"),
    [
        ("blocks.0.attn.W_K", torch.zeros(2, 5, 4), r"blocks\.0\.attn\.W_K has shape \(2, 5, 4\), so d_head is 4"),
        ("blocks.0.mlp.W_out", torch.zeros(5, 7), r"blocks\.0\.mlp\.W_out has shape"),
        ("blocks.0.mlp.b_in", torch.full((7,), float("nan")), r"blocks\.0\.mlp\.b_in has values that are not finite"),
        ("embed.W_E", torch.full((11, 5), float("inf")), r"embed\.W_E has values that are not finite"),
        ("unembed.W_U", torch.zeros(5, 10, dtype=torch.int64), r"unembed\.W_U is not a tensor of real numbers"),
        ("unembed.W_U", "words", r"unembed\.W_U is not a tensor"),
        ("unembed.W_U", torch.zeros(1, 1).expand(5, 10), r"unembed\.W_U repeats its elements"),
        ("embed.W_E", torch.zeros(0, 5), r"embed\.W_E has shape \(0, 5\)"),
        ("blocks.0.mlp.W_gate", torch.zeros(5, 8), r"blocks\.0\.mlp\.W_(in|gate) has shape"),
        ("blocks.0.mlp.w_other", torch.zeros(5, 7), r"w_other' is no part of a network.*mechgrok\.analyze\(model, task=\.\.\.\)"),
        ("blocks.0.attn.rotary_sin", torch.zeros(4, 3), r"W_pos' is no part of a network.*mechgrok\.analyze\(model, task=\.\.\.\)"),
        ("blocks.2.attn.W_Q", torch.zeros(2, 5, 3), r"lack blocks\.1\.attn\.W_Q"),
        ("ln_final.w", torch.ones(5), r"lack blocks\.0\.ln1\.w"),
    ],
)
def test_what_is_wrong_with_a_tensor_is_said_by_its_name(small: dict[str, Tensor], name: str, tensor: object, complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        convert(small | {name: tensor})


@pytest.mark.parametrize("name", ["unembed.W_U", "pos_embed.W_pos", "blocks.0.attn.W_V", "blocks.0.mlp.W_in"])
def test_a_missing_matrix_is_named(small: dict[str, Tensor], name: str) -> None:
    del small[name]
    with pytest.raises(UserError, match=f"the weights lack {name}"):
        convert(small)


def test_weights_that_share_memory_are_parted(small: dict[str, Tensor]) -> None:
    small["unembed.W_U"] = small["embed.W_E"].T
    last = convert(small).last
    assert last["embed.W_E"].data_ptr() != last["unembed.W_U"].data_ptr()
    assert last["unembed.W_U"].is_contiguous()
