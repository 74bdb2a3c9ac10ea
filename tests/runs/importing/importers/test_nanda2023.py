"""Files in the orientation of the code of Nanda et al. 2023."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import plain_forward
import pytest
import torch
from importer_sample import Sample
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing.dating import date
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.importer import WeightsFile
from mechgrok.runs.importing.importers.nanda2023 import Nanda2023
from mechgrok.runs.importing.inference.architecture import infer_architecture
from mechgrok.runs.importing.options import ImportOptions
from mechgrok.runs.importing.recognition import recognise
from mechgrok.runs.importing.safe_pickle import loading


def sample() -> Sample:
    """A random network with losses beside it, and the forward pass in columns, as the paper's code writes it."""
    state, tokens = plain_forward.columns_network(), torch.tensor([[1, 2, 10], [9, 0, 10], [3, 3, 10]])
    data = {"model": state, "train_losses": [2.0, 1.5], "test_losses": [2.5, 2.25]}
    biases = frozenset({"blocks.0.mlp.b_in", "blocks.0.mlp.b_out"})
    logits = plain_forward.in_columns(state, tokens)
    return Sample(data, tokens, logits, under="model", biases=biases, ignored=frozenset({"blocks.0.attn.mask"}))


def convert(data: Any) -> Foreign:
    return Nanda2023().convert(WeightsFile(data))


def _paper(small: dict[str, Tensor]) -> dict[str, Tensor]:
    """The small network in the paper's orientation, element by element from its definition."""
    turned = {name: tensor for name, tensor in small.items() if "attn" not in name}
    for name in ("embed.W_E", "blocks.0.mlp.W_in", "blocks.0.mlp.W_out"):
        turned[name] = small[name].T
    for letter in "QKV":
        turned[f"blocks.0.attn.W_{letter}"] = torch.stack([head.T for head in small[f"blocks.0.attn.W_{letter}"]])
    turned["blocks.0.attn.W_O"] = torch.cat(list(small["blocks.0.attn.W_O"])).T
    return turned | {"blocks.0.attn.mask": torch.ones(4, 4).tril()}


@pytest.fixture(scope="module")
def low_precision(oracles: Path) -> Foreign:
    file = WeightsFile(loading.read(oracles / "nanda2023" / "low_precision_mod_addition.pth"))
    importer = recognise(file)
    assert importer.name == "nanda2023"
    return importer.convert(file)


def test_the_published_network_answers_as_published(low_precision: Foreign, forward: Callable[..., Tensor]) -> None:
    a, b = (rows.flatten() for rows in torch.meshgrid(torch.arange(113), torch.arange(113), indexing="ij"))
    logits = forward(low_precision.last, torch.stack([a, b, torch.full_like(a, 113)], 1))[:, :113]
    labels = (a + b) % 113
    assert (logits.argmax(-1) == labels).double().mean().item() == pytest.approx(0.9994518, abs=1e-7)
    assert torch.nn.functional.cross_entropy(logits, labels).item() == pytest.approx(2.88806e-3, rel=1e-4)


def test_losses_stand_at_the_steps_of_their_weights(low_precision: Foreign) -> None:
    dated = date(low_precision, ImportOptions())
    assert list(dated.snapshots) == [50_000]
    train, test = dated.recorded["train"], dated.recorded["test"]
    assert (len(train), max(train), len(test), max(test)) == (50_000, 49_999, 5_000, 49_990)
    assert (train[49_999], test[49_990]) == (pytest.approx(2.97e-4, abs=1e-6), pytest.approx(4.254e-3, abs=1e-6))
    assert next(step for step, loss in train.items() if loss < 0.01) == 275
    assert next(step for step, loss in test.items() if loss < 0.1) == 9300


def test_a_network_without_equals_token_answers_too(oracles: Path, forward: Callable[..., Tensor]) -> None:
    file = WeightsFile(loading.read(oracles / "zhong2023" / "model_p99zdpze5l.pt"))
    foreign = recognise(file).convert(file)
    a, b = (rows.flatten() for rows in torch.meshgrid(torch.arange(59), torch.arange(59), indexing="ij"))
    logits = forward(foreign.last, torch.stack([a, b], 1), uniform=True)
    assert (logits.argmax(-1) == (a + b) % 59).all()
    assert list(foreign.snapshots) == [None]
    assert foreign.structure is not None
    assert foreign.structure.choices["attention_coefficient"] == (1.0, 0.0)


def test_every_matrix_is_turned_and_every_bias_is_there(small: dict[str, Tensor]) -> None:
    foreign = convert(_paper(small))
    assert all(torch.equal(foreign.last[name], tensor) for name, tensor in small.items())
    added = set(foreign.last) - set(small)
    assert added == {"unembed.b_U", *(f"blocks.0.attn.b_{letter}" for letter in "QKVO")}
    assert not any(foreign.last[name].any() for name in added)
    assert infer_architecture(foreign.last, {}).heads == 2


def test_bare_and_wrapped_weights_are_distinguished_from_hooked_transformers(small: dict[str, Tensor]) -> None:
    features = Nanda2023().recognises(WeightsFile(_paper(small)))
    assert features
    assert Nanda2023().recognises(WeightsFile({"model": _paper(small)})) == features
    assert not Nanda2023().recognises(WeightsFile(small))
    assert not Nanda2023().recognises(WeightsFile({"model": small}))


def test_several_state_dicts_stand_at_their_epochs(small: dict[str, Tensor]) -> None:
    data = {"model": _paper(small), "state_dicts": [_paper(small)] * 2, "epochs": [0, 100], "train_losses": [1.0] * 150, "test_losses": []}
    assert list(date(convert(data), ImportOptions()).snapshots) == [0, 100, 150]
    with pytest.raises(UserError, match="2 state_dicts and 1 epochs"):
        convert(data | {"epochs": [0]})


def test_a_matrix_of_another_format_is_named(small: dict[str, Tensor]) -> None:
    with pytest.raises(UserError, match=r"blocks\.0\.attn\.W_O"):
        convert(_paper(small) | {"blocks.0.attn.W_O": torch.zeros(5, 7)})
    with pytest.raises(UserError, match=r"blocks\.0\.mlp\.W_in"):
        convert(_paper(small) | {"blocks.0.mlp.W_in": torch.zeros(5)})
