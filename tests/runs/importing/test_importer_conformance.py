"""What every importer must do, on the sample of its own test file."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from importer_sample import Sample, sample_of
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.models.forward.tables import Batch
from mechgrok.runs.importing import reading
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.importer import Importer, WeightsFile
from mechgrok.runs.importing.inference.architecture import infer_architecture
from mechgrok.runs.importing.inference.interpretation import Interpretation
from mechgrok.runs.importing.inference.rows import possible_rows
from mechgrok.runs.importing.recognition import importers, recognise
from mechgrok.runs.importing.safe_pickle import loading

OURS = [importer for importer in importers() if type(importer).__module__.startswith("mechgrok.")]
by_name = pytest.mark.parametrize("importer", OURS, ids=lambda importer: importer.name)


def sample(importer: Importer) -> Sample:
    found = sample_of(type(importer).__module__)
    assert found is not None, f"the test file of {importer.name} has no function sample(); see tests/support/importer_sample.py"
    return found


def read(importer: Importer, folder: Path) -> WeightsFile:
    path = sample(importer).save(folder)
    return WeightsFile(loading.read(path), path)


def test_names_are_unique() -> None:
    assert len({importer.name for importer in importers()}) == len(importers()) >= 2


@by_name
def test_it_describes_itself_and_refers_to_its_source(importer: Importer) -> None:
    assert re.fullmatch(r"[a-z0-9-]+", importer.name)
    assert importer.describe
    assert "\n" not in importer.describe
    assert re.search(r"arXiv \d{4}\.\d{5}|https://", type(importer).__doc__ or "")


@by_name
def test_it_reads_its_sample_whichever_other_importers_recognise_it(importer: Importer, tmp_path: Path) -> None:
    file = read(importer, tmp_path)
    assert recognise(file).name == importer.name
    assert recognise(file, importers()[::-1]).name == importer.name


@by_name
@pytest.mark.parametrize("data", [None, 3, "words", [], {}, (1, 2), torch.zeros(2), {"model": None}, {1: 2}, {"config": {}}], ids=repr)
def test_it_recognises_nothing_in_other_data(importer: Importer, data: Any) -> None:
    assert importer.recognises(WeightsFile(data, Path("model_x.pt"))) == frozenset()


@by_name
def test_the_converted_weights_compute_the_logits_of_the_sample(importer: Importer, tmp_path: Path) -> None:
    foreign, wanted = importer.convert(read(importer, tmp_path)), sample(importer)
    logits = logits_of(foreign, wanted.tokens)
    assert torch.allclose(logits, wanted.logits, rtol=1e-6, atol=1e-6)
    assert wanted.logits.std() > 0.1


def logits_of(foreign: Foreign, tokens: Tensor) -> Tensor:
    """Under the conventional reading, where the format leaves something open."""
    state = {name: tensor.double() for name, tensor in foreign.last.items()}
    if foreign.structure is None:
        return infer_architecture(foreign.last, foreign.config).logits(state, Batch.of(tokens))
    row = possible_rows(foreign.structure, None)[0]
    reading = {"row": row, "read": "last", "classes": "numbers"} | {name: values[0] for name, values in foreign.structure.choices.items()}
    return Interpretation(foreign.structure, reading).logits(state, tokens)


@by_name
def test_weights_are_float32_and_named_after_the_importer(importer: Importer, tmp_path: Path) -> None:
    foreign = importer.convert(read(importer, tmp_path))
    assert foreign.format == importer.name
    assert foreign.snapshots
    assert {tensor.dtype for state in foreign.snapshots.values() for tensor in state.values()} == {torch.float32}
    assert all(note and "\n" not in note for note in foreign.notes)


@by_name
def test_reading_changes_nothing_of_the_input(importer: Importer, tmp_path: Path) -> None:
    file = read(importer, tmp_path)
    before = copy.deepcopy(file.data)
    for state in importer.convert(file).snapshots.values():
        for tensor in state.values():
            tensor.zero_()
    assert same(file.data, before)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def without(state: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    return {other: tensor for other, tensor in state.items() if other != name}


def with_an_axis_more(state: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    return {**state, name: state[name][None]}


def not_finite(state: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    return {**state, name: torch.full_like(state[name], float("nan"))}


def of_words(state: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {**state, name: "words"}


@by_name
@pytest.mark.parametrize("change", [without, with_an_axis_more, not_finite, of_words])
@pytest.mark.long
def test_a_damaged_tensor_is_refused_in_one_line(importer: Importer, change: Callable[..., Any], tmp_path: Path) -> None:
    if importer.name == "plain-network" and change is not not_finite:
        pytest.skip("a plain network without a tensor, or with one of another shape, may be of another kind")
    original = sample(importer)
    for name in sorted(set(original.state) - (original.optional if change is without else original.ignored)):
        path = original.save(tmp_path, original.with_state(change(original.state, name)))
        assert refusal(path), name


@by_name
def test_an_unknown_tensor_is_refused_in_one_line_by_its_name(importer: Importer, tmp_path: Path) -> None:
    original = sample(importer)
    path = original.save(tmp_path, original.with_state({**original.state, original.extra: torch.zeros(2, 2)}))
    assert original.extra in refusal(path)


def refusal(path: Path) -> str:
    """The message with which a file is refused, which begins with its path and has one line."""
    with pytest.raises(UserError) as error:
        reading.read(path)
    message = str(error.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message


@by_name
def test_every_parameter_of_the_file_is_listed_with_its_shape(importer: Importer, tmp_path: Path) -> None:
    foreign, wanted = importer.convert(read(importer, tmp_path)), sample(importer)
    listed = foreign.recognised if foreign.structure is None else foreign.structure.recognised
    shapes = {name: tuple(tensor.shape) for name, tensor in wanted.state.items()}
    found = {each.name: each.shape for each in listed}
    assert found.items() <= shapes.items()
    assert found.keys() >= shapes.keys() - wanted.ignored
