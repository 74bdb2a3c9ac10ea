"""The file that the grokking demo of TransformerLens saves."""

from __future__ import annotations

from typing import Any

import numpy as np
import plain_forward
import pytest
import torch
from importer_sample import Sample
from torch import Tensor
from transformer_lens_3 import require_3

from mechgrok.errors import UserError
from mechgrok.runs.importing.dating import date
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.importer import WeightsFile
from mechgrok.runs.importing.importers.transformer_lens_demo import TransformerLensDemo
from mechgrok.runs.importing.options import ImportOptions
from mechgrok.runs.importing.recognition import recognise
from mechgrok.runs.importing.safe_pickle import loading

P = 7


def sample() -> Sample:
    """The small network with a checkpoint, losses and train rows beside it."""
    state, tokens = plain_forward.small_network(), torch.tensor([[1, 2, 10], [9, 0, 10], [3, 3, 10]])
    other = {name: tensor + 1 for name, tensor in state.items()}
    data = {
        "model": state,
        "config": {"act_fn": "relu", "normalization_type": None, "n_ctx": 4},
        "checkpoints": [other],
        "checkpoint_epochs": [0],
        "train_losses": [2.0, 1.5],
        "test_losses": [2.5, 2.25],
        "train_indices": torch.tensor([3, 1]),
    }
    biases = frozenset({"blocks.0.mlp.b_in", "blocks.0.mlp.b_out"})
    return Sample(data, tokens, plain_forward.logits(state, tokens), under="model", biases=biases)


def convert(data: Any) -> Foreign:
    return TransformerLensDemo().convert(WeightsFile(data))


@pytest.fixture(scope="module")
def demo() -> dict[str, Any]:
    """What the demo saves after 200 epochs with a checkpoint every 100, here without training between."""
    require_3()
    from transformer_lens import HookedTransformer, HookedTransformerConfig

    config = HookedTransformerConfig(
        n_layers=1,
        n_heads=4,
        d_model=8,
        d_head=2,
        d_mlp=16,
        act_fn="gelu",
        normalization_type=None,
        d_vocab=P + 1,
        d_vocab_out=P,
        n_ctx=3,
        init_weights=True,
        device="cpu",
        seed=999,
    )
    states = [HookedTransformer(config).state_dict() for _ in range(2)]
    rows = torch.randperm(P * P, generator=torch.Generator().manual_seed(598))
    return {
        "model": states[1],
        "config": config,
        "checkpoints": states,
        "checkpoint_epochs": [99, 199],
        "test_losses": [np.float64(i + 0.5) for i in range(200)],
        "train_losses": [np.float32(i) for i in range(200)],
        "train_indices": rows[:14],
        "test_indices": rows[14:],
    }


@pytest.fixture(scope="module", params=[True, False], ids=["zip", "legacy"])
def foreign(demo: dict[str, Any], request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Foreign:
    path = tmp_path_factory.mktemp("demo") / "grokking_demo.pth"
    torch.save(demo, path, _use_new_zipfile_serialization=request.param)
    file = WeightsFile(loading.read(path))
    importer = recognise(file)
    assert importer.name == "transformer-lens-demo"
    return importer.convert(file)


def test_snapshots_stand_at_numbers_of_updates(foreign: Foreign, demo: dict[str, Any]) -> None:
    assert list(foreign.snapshots) == [100, 200]
    for step, state in zip([100, 200], demo["checkpoints"], strict=True):
        assert all(torch.equal(tensor, state[name]) for name, tensor in foreign.snapshots[step].items())


def test_losses_stand_at_the_steps_of_their_weights(foreign: Foreign) -> None:
    train, test = (date(foreign, ImportOptions()).recorded[split] for split in ("train", "test"))
    assert (train[199], max(train)) == (199.0, 199)
    assert (test[200], min(test), max(test)) == (199.5, 1, 200)
    assert type(test[200]) is float


def test_the_split_is_the_files(foreign: Foreign, demo: dict[str, Any]) -> None:
    assert foreign.train_rows is not None
    assert torch.equal(foreign.train_rows, demo["train_indices"])


def test_the_config_object_gives_the_architecture(foreign: Foreign) -> None:
    structure = foreign.structure
    assert structure is not None
    assert (structure.choices["activation"], structure.choices["normalization"]) == (("gelu",), (None,))
    assert structure.choices["attention_scale"] == ("1/sqrt(d_head)",)
    model = structure.model({"read": "last", **{name: values[0] for name, values in structure.choices.items()}})
    assert (model.heads, model.n_ctx, structure.outputs) == (4, 3, P)
    assert foreign.facts["attn_scale"] == pytest.approx(2**0.5)
    assert foreign.notes == ()


def test_the_converted_weights_compute_what_the_library_computes(foreign: Foreign, demo: dict[str, Any]) -> None:
    from transformer_lens import HookedTransformer

    ours, theirs = HookedTransformer(demo["config"]), HookedTransformer(demo["config"])
    ours.load_state_dict(dict(foreign.last), strict=False)
    theirs.load_state_dict(demo["model"])
    tokens = torch.tensor([[1, 2, P], [6, 0, P]])
    assert torch.equal(ours(tokens), theirs(tokens))


def test_without_losses_the_model_is_the_checkpoint_that_it_equals(small: dict[str, Tensor]) -> None:
    other = {name: tensor + 1 for name, tensor in small.items()}
    data = {"model": small, "checkpoints": [other, small], "checkpoint_epochs": [9, 19]}
    assert list(convert(data).snapshots) == [10, 20]
    assert list(convert({"model": small}).snapshots) == [None]


@pytest.mark.parametrize(
    ("part", "complaint"),
    [
        ({"checkpoints": [{}]}, "not two lists of one length"),
        ({"checkpoints": [{}], "checkpoint_epochs": ["1"]}, "whole numbers"),
        ({"checkpoints": [None], "checkpoint_epochs": [1]}, "no dict of names"),
        ({"checkpoints": [{}], "checkpoint_epochs": [1]}, "lack embed.W_E"),
        ({"train_indices": [0.5]}, "train_indices"),
        ({"train_indices": torch.tensor([-1])}, "train_indices"),
        ({"train_indices": "all"}, "train_indices"),
        ({"train_losses": "none"}, "train_losses"),
    ],
)
def test_contradictions_are_said(small: dict[str, Tensor], part: dict[str, Any], complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        convert({"model": small} | part)


def test_snapshots_of_different_networks_are_refused(small: dict[str, Tensor]) -> None:
    wider = small | {"embed.W_E": torch.zeros(12, 5)}
    with pytest.raises(UserError, match="different sizes"):
        convert({"model": small, "checkpoints": [wider], "checkpoint_epochs": [1]})
