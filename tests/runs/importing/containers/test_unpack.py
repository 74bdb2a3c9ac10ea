"""What wraps weights: keys, prefixes, steps, facts, records; a network of any names comes out of each wrapping."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing.containers.unpack import unpack
from mechgrok.runs.importing.safe_pickle import legacy
from mechgrok.runs.importing.safe_pickle.plain import plain

STATE = {
    "emb.weight": torch.ones(5, 4),
    "layers.0.fc.weight": torch.ones(3, 4),
    "layers.0.fc.bias": torch.zeros(3),
    "out": torch.ones(4, 5),
}


def state(value: float) -> dict[str, Tensor]:
    return {name: tensor * value for name, tensor in STATE.items()}


def prefixed(prefix: str) -> dict[str, Tensor]:
    return {prefix + name: tensor for name, tensor in STATE.items()}


def loaded(data: Any) -> Any:
    return plain(legacy.read(io.BytesIO(pickle.dumps(data))))


def trained_optimizer() -> torch.optim.Optimizer:
    """Its state has parameters as keys."""
    layer = torch.nn.Linear(2, 2)
    optimizer = torch.optim.AdamW(layer.parameters())
    layer(torch.ones(2)).sum().backward()
    optimizer.step()
    return optimizer


def nested() -> dict[str, Any]:
    linear = {"weight": STATE["layers.0.fc.weight"], "bias": torch.zeros(3)}
    return {"emb": {"weight": STATE["emb.weight"]}, "layers": {"0": {"fc": linear}}, "out": STATE["out"]}


MOMENTS = {"step": torch.tensor(3.0), "exp_avg": torch.ones(5, 4), "exp_avg_sq": torch.ones(5, 4)}
OPTIMISER = {"state": {0: MOMENTS}, "param_groups": [{"lr": 0.1}]}
WRAPPED: dict[str, Any] = {
    "bare": STATE,
    "key": {"model_state_dict": STATE},
    "unknown key": {"my_network": STATE, "epochs_done": "x"},
    "beside an optimiser": {
        "model": STATE,
        "optimizer": OPTIMISER,
        "scheduler": {"last_epoch": 3},
        "rng_state": torch.arange(8),
    },
    "beside an optimiser of another name": {"net": STATE, "adamw": OPTIMISER},
    "beside an average": {"net": STATE, "ema": state(2), "net_ema_state": state(2)},
    "before and after": {"init_params": state(2), "final_params": STATE},
    "beside an optimiser as an object": {"model": STATE, "optimizer": loaded({"optimizer": trained_optimizer()})["optimizer"]},
    "two wrappings": {"checkpoint": {"state_dict": STATE, "lr": 0.1}, "ok": True},
    "module": prefixed("module."),
    "compiled": {"state_dict": prefixed("_orig_mod.module.")},
    "lightning": {"state_dict": prefixed("model."), "optimizer_states": [OPTIMISER], "callbacks": {"x": {"best": torch.tensor(1.0)}}},
    "one shared name": {"params": prefixed("grokker.net.")},
    "slashes": {name.replace(".", "/"): tensor for name, tensor in STATE.items()},
    "nested": {"params": nested()},
    "with losses": {**STATE, "train_losses": torch.ones(7), "p": 5, "test_loss": torch.tensor(1.0)},
    "with buffers": {**STATE, "bn.num_batches_tracked": torch.tensor(3), "mask": torch.ones(4, 4, dtype=torch.bool)},
}


@pytest.mark.parametrize("data", WRAPPED.values(), ids=list(WRAPPED))
def test_the_weights_come_out_of_what_wraps_them(data: Any) -> None:
    found = unpack(data)
    assert list(found.states) == [None]
    assert found.last.keys() == STATE.keys()
    assert all(torch.equal(found.last[name], tensor) for name, tensor in STATE.items())


STEPS: dict[str, tuple[Any, list[int | None]]] = {
    "step": ({"net": STATE, "step": 40}, [40]),
    "epoch": ({"net": STATE, "epoch": torch.tensor(7)}, [7]),
    "both": ({"state_dict": STATE, "epoch": 3, "global_step": 300}, [300]),
    "by key": ({0: state(1), 300: state(2)}, [0, 300]),
    "by name": ({"epoch_10": state(1), "epoch_20": state(2)}, [10, 20]),
    "list": ([state(1), state(2)], [0, 1]),
    "list with an axis": ({"checkpoints": [state(1), state(2)], "checkpoint_steps": [5, 10], "losses": [1.0, 2.0]}, [5, 10]),
    "list of checkpoints": ([{"epoch": 5, "model": state(1)}, {"epoch": 9, "model": state(2)}], [5, 9]),
    "list and the last": ({"snapshots": [state(1), state(2)], "epochs": [5, 10], "model": state(2)}, [5, 10]),
}


@pytest.mark.parametrize(("data", "steps"), STEPS.values(), ids=list(STEPS))
def test_the_steps_of_checkpoints(data: Any, steps: list[int | None]) -> None:
    found = unpack(data)
    assert list(found.states) == steps
    assert found.last["out"][0, 0] == len(steps)


def test_layers_that_are_numbered_are_no_steps() -> None:
    found = unpack({"0": {"weight": torch.ones(3, 2)}, "1": {"weight": torch.ones(3, 2)}})
    assert list(found.last) == ["0.weight", "1.weight"]


def test_floating_buffers_stay() -> None:
    assert "pe" in unpack({"net": STATE | {"pe": torch.ones(1, 8, 4)}}).last


def test_facts_are_the_words_and_numbers_beside_the_weights() -> None:
    data = {"model": STATE, "P": 13, "cfg": {"act": "gelu", "deep": {"n_heads": 4}}, "optimizer": OPTIMISER, "lr": 0.01, "extra": [1, 2]}
    assert unpack(data, {"d_model": 4, "lr": 9}).facts == {"p": 13, "act": "gelu", "n_heads": 4, "lr": 0.01, "d_model": 4}


def test_options_of_layers_are_no_facts() -> None:
    """The p of a dropout is not the modulus."""
    data = loaded({"model": torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Dropout(0.1)), "lr": 0.5})
    assert unpack(data).facts == {"lr": 0.5}


def test_an_axis_may_stand_in_the_dict_around() -> None:
    found = unpack({"net": STATE, "metrics": {"steps": [0, 10], "train": {"loss": [3.0, 1.0]}, "test": {"loss": [4.0, 2.0]}}})
    assert found.recorded == {"train": {0: 3.0, 10: 1.0}, "test": {0: 4.0, 10: 2.0}}


def test_recorded_numbers_are_left_to_the_step_of_the_weights() -> None:
    found = unpack({"net": STATE, "step": 40, "train_loss": 0.5, "val_loss": 2.0, "train_acc": 0.75, "best_val_acc": 0.9})
    assert found.recorded == {"train": {None: 0.5}, "test": {None: 2.0}}
    assert found.accuracies == {"train": {None: 0.75}}


def test_lists_beside_the_weights_have_the_steps_of_their_axis() -> None:
    found = unpack({"net": STATE, "history": {"log_steps": [0, 25, 50], "train_losses": [3.0, 2.0, 1.0], "test_acc": [1.0, 50.0, 99.0]}})
    assert found.recorded == {"train": {0: 3.0, 25: 2.0, 50: 1.0}}
    assert found.accuracies == {"test": {0: 0.01, 25: 0.5, 50: 0.99}}


def test_lists_without_an_axis_stay_without_steps() -> None:
    found = unpack({"net": STATE, "step": 100, "train_losses": [3.0, 2.0], "val_acc": [10.0, 99.0], "train_loss": 1.5})
    assert [(each.split, each.quantity, each.name, each.values) for each in found.undated] == [
        ("train", "loss", "train_losses", (3.0, 2.0)),
        ("test", "accuracy", "val_acc", (0.1, 0.99)),
    ]
    assert (found.recorded, found.accuracies) == ({"train": {None: 1.5}}, {})


@pytest.mark.parametrize(
    ("data", "weights", "records"),
    [
        ({"net": STATE, "epoch": 7}, True, False),
        ({"net": STATE, "step": 7, "epoch": 1}, False, False),
        ({"epoch_10": state(1), "epoch_20": state(2)}, True, False),
        ({"step_10": state(1), "step_20": state(2)}, False, False),
        ({"snapshots": [state(1), state(2)], "epochs": [5, 10], "train_losses": [2.0, 1.0]}, True, True),
        ([{"epoch": 5, "model": state(1)}, {"epoch": 9, "model": state(2)}], True, False),
        ([{"step": 5, "model": state(1)}, {"step": 9, "model": state(2)}], False, False),
        ([state(1), state(2)], True, False),
        ({"net": STATE, "step": 7, "history": {"epoch": [0, 1], "train_loss": [2.0, 1.0]}}, False, True),
    ],
)
def test_steps_that_count_epochs_are_distinguished(data: Any, weights: bool, records: bool) -> None:
    assert unpack(data).in_epochs == (weights, records)


def test_train_rows_and_pairs() -> None:
    assert unpack({"net": STATE, "train_indices": [3, 1]}).train_rows.tolist() == [3, 1]  # type: ignore[union-attr]
    for mask in (torch.tensor([True, False, True]), [True, False, True], torch.tensor([1, 0, 1]), [1, 0, 1]):
        assert unpack({"net": STATE, "train_mask": mask}).train_rows.tolist() == [0, 2]  # type: ignore[union-attr]
    assert unpack({"net": STATE, "train_pairs": [[0, 1], [2, 3]]}).pairs["train"].tolist() == [[0, 1], [2, 3]]


@pytest.mark.parametrize(
    ("data", "held"),
    [
        ({"runs": {("add", 1e-3, 2): {"records": [{"step": 0}], "grokked": True}}}, r"keys \('add', 0.001, 2\) .*'records' .*, 'grokked'"),
        ({"optimizer": OPTIMISER}, "'optimizer'"),
        ({"tokens": torch.arange(4)}, "'tokens'"),
        ({"train_losses": torch.ones(3), "test_losses": torch.ones(3), "epochs": torch.arange(3.0)}, "'train_losses'"),
        ([], "a list of 0"),
    ],
)
def test_a_file_without_weights_gives_what_it_holds(data: Any, held: str) -> None:
    with pytest.raises(UserError, match=f"the file holds no weights; it holds .*{held}"):
        unpack(data)


WRAPPERS: list[Callable[[dict[str, Tensor]], Any]] = [
    *(lambda inner, key=key: {key: inner, "lr": 0.1} for key in ("model_state", "net", "weights", "policy", "theta")),
    *(lambda inner, prefix=prefix: {prefix + name: tensor for name, tensor in inner.items()} for prefix in ("module.", "_orig_mod.")),
]
NAMES = st.lists(st.sampled_from(["attn", "proj", "fc1", "norm", "0", "1", "emb", "head"]), min_size=1, max_size=3).map(".".join)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    names=st.sets(NAMES, min_size=2, max_size=6),
    prefixes=st.lists(st.sampled_from(WRAPPERS[-2:]), max_size=3),
    wrapper=st.sampled_from(WRAPPERS),
)
def test_any_names_come_out_of_any_wrapping(names: set[str], prefixes: list[Any], wrapper: Any) -> None:
    """Names that begin differently, so that none of their parts is a common prefix."""
    inner: Mapping[str, Tensor] = {f"{'ab'[at % 2]}.{name}.weight": torch.full((2, at + 1), 1.0) for at, name in enumerate(sorted(names))}
    wrapped: Any = inner
    for prefix in prefixes:
        wrapped = prefix(wrapped)
    found = unpack(wrapper(wrapped)).last
    assert {name: tensor.shape for name, tensor in found.items()} == {name: tensor.shape for name, tensor in inner.items()}
