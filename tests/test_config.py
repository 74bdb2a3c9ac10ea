"""The config tree: what it holds, what it refuses and in which words."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from trained_runs import config

from mechgrok import config as configs
from mechgrok.config import Checkpoints, Config, read
from mechgrok.data.splits.python_shuffle import PythonShuffle
from mechgrok.data.splits.torch_randperm import TorchRandperm
from mechgrok.discovery import PartFolder
from mechgrok.errors import UserError
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.modular import Modular
from mechgrok.tasks.table import Table
from mechgrok.training.presets import PRESETS


def refusal(change: dict[str, Any]) -> str:
    """What is said of the tiny config with some values replaced, by path."""
    values = config().model_dump(mode="json")
    for path, value in change.items():
        *parents, key = path.split(".")
        place = values
        for parent in parents:
            place = place[parent]
        place[key] = value
    with pytest.raises(UserError) as complaint:
        read(json.dumps(values), "r/config.json")
    message = str(complaint.value)
    assert message.startswith("r/config.json: ")
    assert "\n" not in message
    return message.removeprefix("r/config.json: ")


def every(folder: PartFolder) -> str:
    """The kinds that the files of a folder define, as an error lists them."""
    found = (
        line for path in Path(configs.__file__).parent.joinpath(*folder.split(".")).rglob("*.py") for line in path.read_text().splitlines()
    )
    return ", ".join(sorted(match[1] for line in found if (match := re.match(r'    kind: Literal\["([^"]+)"\]', line))))


BATCHES = "give full, auto, a number of rows, or a share of them above 0 and at most 1"


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_come_back_from_json(preset: str) -> None:
    assert read(PRESETS[preset].config.model_dump_json(), "x") == PRESETS[preset].config


@given(
    fraction=st.floats(0.01, 1),
    lr=st.floats(1e-12, 1e6),
    betas=st.tuples(st.floats(0, 0.999), st.floats(0, 0.999)),
    batch=st.sampled_from(["full", "auto", 1.0]) | st.integers(1, 10**9) | st.floats(0.001, 1),
    stop=st.fixed_dictionaries({"test_loss_below": st.none() | st.floats(-1, 1), "accuracy": st.none() | st.floats(0.01, 1)}),
    at=st.lists(st.integers(0, 10**6), max_size=3),
)
def test_every_value_comes_back_from_json(fraction: float, lr: float, betas: Any, batch: Any, stop: Any, at: list[int]) -> None:
    changes = {"split__fraction": fraction, "optimizer__lr": lr, "optimizer__betas": betas, "training__batch": batch}
    made = config(**changes, training__stop=stop, checkpoints__at=at)
    back = read(made.model_dump_json(), "x")
    assert back == made
    assert type(back.training.batch) is type(batch)
    assert (back.split.fraction, back.optimizer.lr, back.training.batch, back.checkpoints.at) == (fraction, lr, batch, tuple(at))


@pytest.mark.parametrize("kind", ["given", "unknown"])
def test_splits_of_imported_runs_come_back_from_json(kind: str) -> None:
    made = Config(task=Modular(p=5), split={"kind": kind}, model=Transformer())
    assert read(made.model_dump_json(), "x") == made


@pytest.mark.parametrize(
    "values", [{"attn_only": True}, {"attn_only": True, "biases": "all"}, {"normalization": "LN", "d_head": 3, "n_ctx": 5}]
)
def test_models_come_back_from_json(values: dict[str, Any]) -> None:
    made = Config(task=Modular(p=5), split=PythonShuffle(), model=Transformer(**values))
    assert read(made.model_dump_json(), "x") == made


def test_the_kind_picks_the_class() -> None:
    assert type(config(split__kind="torch-randperm").split) is TorchRandperm
    assert type(config().split) is PythonShuffle


def parts(part: type[BaseModel], value: BaseModel) -> Iterator[BaseModel]:
    yield value
    for name in part.model_fields:
        inner = getattr(value, name)
        if isinstance(inner, BaseModel):
            yield from parts(type(inner), inner)


def test_every_part_is_frozen_and_refuses_other_keys() -> None:
    found = list(parts(Config, config()))
    assert len(found) == 13
    for part in found:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(part, next(iter(type(part).model_fields)), None)
        with pytest.raises(ValidationError, match="extra_forbidden"):
            type(part).model_validate({**dict(part), "nonsense": 1})


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("trainin", "training"),
        ("task.operatoin", "operation"),
        ("split.sed", "seed"),
        ("model.d_modle", "d_model"),
        ("corruption.knd", "kind"),
        ("start.lod", "load"),
        ("optimizer.weight-decay", "weight_decay"),
        ("gradient.windw", "window"),
        ("schedule.step", "steps"),
        ("training.evaluate_evry", "evaluate_every"),
        ("training.stop.accurcy", "accuracy"),
        ("checkpoints.evry", "every"),
    ],
)
def test_an_unknown_key_is_named_with_its_path_and_the_nearest(path: str, nearest: str) -> None:
    assert refusal({path: 1}) == f"unknown key {path}; did you mean {nearest}?"


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("task", "modular", 'task: Input should be an object such as {"kind": "aliases"}'),
        ("task", 3, 'task: Input should be an object such as {"kind": "aliases"}'),
        ("task", {"kind": "moduler"}, "task: unknown kind 'moduler'; did you mean modular?"),
        ("task", {"p": 5}, f"task: unknown kind None; known: {every('tasks')}"),
        (
            "split",
            {"kind": "modular"},
            f"split: unknown kind 'modular'; known: {every('data.splits')}",
        ),
        ("task.p", 1, "task.p: Input should be greater than or equal to 2"),
        ("task.p", "many", "task.p: Input should be a valid integer, unable to parse string as an integer"),
        ("split.fraction", 0, "split.fraction: Input should be greater than 0"),
        ("split.fraction", 1.1, "split.fraction: Input should be less than or equal to 1"),
        ("split.seed", -1, "split.seed: Input should be greater than or equal to 0"),
        ("model.heads", 5, "model: d_model 16 is no multiple of 5 heads; set d_head, or change one of them"),
        ("model.softmax", "softmax2", "model.softmax: Input should be 'softmax' or 'softmax1'"),
        ("start.load", ["embedding"], "start.load.0: Input should be 'embed', 'unembed', 'body' or 'all'"),
        ("optimizer.kind", "adanw", "optimizer: unknown kind 'adanw'; did you mean adamw?"),
        ("optimizer.betas", [0.9, 1.0], "optimizer.betas.1: Input should be less than 1"),
        ("optimizer.betas", [0.9], "optimizer.betas.1: Field required"),
        ("training.batch", 0, f"training.batch: {BATCHES}"),
        ("training.batch", 1.5, f"training.batch: {BATCHES}"),
        ("training.batch", -0.5, f"training.batch: {BATCHES}"),
        ("training.batch", "some", f"training.batch: {BATCHES}"),
        ("training.probes", ["noise"], f"training.probes.0: unknown probe 'noise'; known: {every('training.probes')}"),
        ("training.stop.accuracy", 2, "training.stop.accuracy: Input should be less than or equal to 1"),
        ("checkpoints.at", [5, -1], "checkpoints.at.1: Input should be greater than or equal to 0"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_its_path(path: str, value: Any, said: str) -> None:
    assert refusal({path: value}) == said


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"task": }', '{"optimizer": {"lr": NaN}}', "\ufffd"])
def test_what_is_no_config_is_one_line(text: str) -> None:
    with pytest.raises(UserError, match=r"^c\.json: \S[^\n]+$"):
        read(text, "c.json")


@pytest.mark.parametrize(
    ("part", "values", "said"),
    [
        (Modular, {"p": 1_000_001}, "p: Input should be less than or equal to 1000000"),
        (Modular, {"operation": "plus"}, "operation: 'plus' is unknown; did you mean add?"),
        (Modular, {"operation": "ad"}, "operation: 'ad' is unknown; did you mean add?"),
        (Modular, {"oparation": "add"}, "unknown key oparation; did you mean operation?"),
        (Modular, {"p": 12, "operation": "divide"}, "there is division modulo primes only, and p = 12 is none; use 11 or 13"),
        (Table, {"rows": [[0]], "labels": [1], "number_token": 2}, "unknown key number_token; did you mean number_tokens?"),
        (Transformer, {"activation": "rellu"}, "activation: 'rellu' is unknown; did you mean relu?"),
        (Checkpoints, {"at": (-1,)}, "at.0: Input should be greater than or equal to 0"),
        (Config, {"task": {"kind": "modular", "p": 1}, "split": {"kind": "python-shuffle"}, "model": {"kind": "mlp"}},
         "task.p: Input should be greater than or equal to 2"),
    ],
)  # fmt: skip
def test_a_part_made_by_hand_is_refused_in_the_same_words(part: Any, values: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as refused:
        part(**values)
    assert str(refused.value) == said


def test_a_part_takes_its_values_by_name() -> None:
    with pytest.raises(UserError, match=r"^Modular takes its values by name: Modular\(operation=\.\.\.\)$"):
        Modular(113)


def test_the_typed_tree_declares_the_kinds_that_were_picked() -> None:
    preset = PRESETS["transformerlens-demo"].config
    fields = preset.typed().model_fields
    picked = {name: fields[name].annotation for name in configs.PART_FOLDERS}
    assert picked == {name: type(getattr(preset, name)) for name in configs.PART_FOLDERS}
    assert (picked["task"], picked["split"], picked["model"]) == (Modular, TorchRandperm, Transformer)
    assert Config(**dict(preset.typed()())) == Config(**{name: getattr(preset, name) for name in configs.PART_FOLDERS})


def test_changing_a_copy_of_the_values_leaves_the_config_alone() -> None:
    made = config()
    values = made.model_dump()
    before = copy.deepcopy(values)
    values["training"]["stop"]["accuracy"] = 0.5
    assert made.model_dump() == before
