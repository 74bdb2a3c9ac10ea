"""Every value of the config is a flag by its path."""

from __future__ import annotations

import contextlib
import functools
import io
import typing
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from pydantic import BaseModel

from mechgrok.cli import train
from mechgrok.config import Config, Start, Training
from mechgrok.errors import UserError
from mechgrok.training.presets import PRESETS

PRESET = PRESETS["nanda2023"].config
NEEDED = {
    "model.attn_only": ["--model.biases", "none"],
    "model.final_norm": ["--model.normalization", "LN"],
    "training.sampling": ["--training.batch", "auto"],
}
"""What must change together."""
CHANGES: dict[str, dict[str, Any]] = {"split.count": {"split.fraction": None}}
"""What a leaf takes the place of."""
NO_FLAG = {"start.parent"}
"""What only a command can set."""
ONLY_ONE = {"task.kind", "corruption.kind", "model.kind", "optimizer.kind", "gradient.kind", "schedule.kind"}
"""Leaves with a single value; those of other kinds have tests of their own."""


def leaves(part: type[BaseModel], value: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Path, type and value of everything that is no part itself."""
    for name, field in part.model_fields.items():
        inner = getattr(value, name)
        if isinstance(inner, BaseModel):
            yield from leaves(type(inner), inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field.annotation, inner


def words(annotation: Any) -> list[str]:
    """The choices of a Literal, alone or with None."""
    parts = [annotation, *typing.get_args(annotation)]
    return [word for part in parts if typing.get_origin(part) is typing.Literal for word in typing.get_args(part)]


def numbers(annotation: Any) -> type:
    """float where a float may stand, under bounds and beside None."""
    return float if "float" in str(annotation) else int


def another(annotation: Any, value: Any) -> tuple[Any, list[str]]:
    """A value other than the preset's, and the words for it after the flag; a flag that is a switch has none."""
    if isinstance(value, bool):
        return not value, []
    if annotation == bool | None:
        return True, ["True"]
    if str(annotation) in ("str | None", "typing.Optional[str]"):
        return "a b 113", ["a b 113"]
    choices = [word for word in words(annotation) if word != value]
    if annotation == Training.model_fields["probes"].annotation:
        return ("update-split", "gradient-norm"), ["update-split", "gradient-norm"]
    if isinstance(value, tuple) and all(isinstance(each, str) for each in value) and value:
        return ("biases", "mlp"), ["biases", "mlp"]
    if annotation == Start.model_fields["load"].annotation:
        return ("embed", "body"), ["embed", "body"]
    if isinstance(value, tuple):
        changed = tuple(number / 2 for number in value) or (3, 5)
        return changed, list(map(str, changed))
    if choices and value != "full":
        return choices[-1], [choices[-1]]
    if not isinstance(value, int | float):
        changed: Any = 0.25 if numbers(annotation) is float else 16
    else:
        changed = value / 2 or 0.5 if isinstance(value, float) else value * 2 or 1
    return changed, [str(changed)]


LEAVES = {path: (annotation, value) for path, annotation, value in leaves(Config, PRESET)}


def parsed(name: str, *arguments: str) -> Config:
    return train.chosen(train.parsed(name, list(arguments)))


@functools.cache
def without(*needed: str) -> dict[str, Any]:
    """The preset's leaves where only what a flag needs is changed; parsed once for all the leaves that need the same."""
    return flat(parsed("nanda2023", *needed))


def flat(config: Config) -> dict[str, Any]:
    return {path: value for path, _, value in leaves(Config, config)}


def test_without_flags_a_preset_stays_as_it_is() -> None:
    for name, preset in PRESETS.items():
        assert parsed(name) == preset.config


@pytest.mark.parametrize("path", [path for path in LEAVES if path not in ONLY_ONE | NO_FLAG | {"split.kind"}])
def test_every_leaf_is_set_by_its_path_and_nothing_else_is(path: str) -> None:
    value, after = another(*LEAVES[path])
    needed = NEEDED.get(path, [])
    before = without(*needed)
    assert flat(parsed("nanda2023", f"--{path}", *after, *needed)) == before | {path: value} | CHANGES.get(path, {})
    assert value != before[path]


@pytest.mark.parametrize("path", sorted(ONLY_ONE))
def test_leaves_with_a_single_value_are_flags_too(path: str) -> None:
    annotation, value = LEAVES[path]
    assert words(annotation) == [value]
    assert parsed("nanda2023", f"--{path}", value) == PRESET


@pytest.mark.parametrize("flag", [["--split.kind", "torch-randperm"], ["--split.kind=torch-randperm"]])
def test_another_kind_keeps_the_values_that_both_have(flag: list[str]) -> None:
    changed = parsed("nanda2023", "--split.seed", "5", *flag).split
    assert (changed.kind, changed.fraction, changed.seed) == ("torch-randperm", 0.3, 5)
    back = parsed("transformerlens-demo", "--split.kind", "python-shuffle").split
    assert (back.kind, back.fraction, back.seed) == ("python-shuffle", 0.3, 598)


def test_none_and_several_values() -> None:
    made = parsed("nanda2023", "--model.normalization", "LN", "--model.normalization", "None", "--checkpoints.at", "3", "1", "4")
    assert (made.model.normalization, made.checkpoints.at) == (None, (3, 1, 4))


def test_the_help_has_every_flag_and_its_text() -> None:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), pytest.raises(SystemExit) as stop:
        parsed("nanda2023", "--help")
    assert not stop.value.code
    text = " ".join(said.getvalue().split())
    assert [path for path in LEAVES if path not in NO_FLAG and f"--{path.replace('_', '-')}" not in text] == []
    assert all(flag in text for flag in ("--out", "--log", "--device", "--threads", "--forward", "The modulus. (default: 113)"))


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--task.pp", "5"], "Unrecognized options: --task.pp, 5; did you mean --task.p?"),
        (["--task.p", "x"], "Error parsing --task.p: invalid literal for int() with base 10: 'x'"),
        (["--task.p", "1"], "--task.p: Input should be greater than or equal to 2"),
        (["--task.p"], "Missing value for argument '--task.p'. Expected 1 values."),
        (["--model.heads", "3"], "--model: d_model 128 is no multiple of 3 heads; set d_head, or change one of them"),
        (["--training.batch", "0"], "--training.batch: give full, auto, a number of rows, or a share of them above 0 and at most 1"),
        (["--training.batch", "2.5"], "--training.batch: give full, auto, a number of rows, or a share of them above 0 and at most 1"),
        (
            ["--training.sampling", "replacement"],
            "--training: sampling with replacement needs batches; set batch to a number or share of rows, or to auto",
        ),
        (["--training.probes", "gradient-nrm"], "--training.probes.0: unknown probe 'gradient-nrm'; did you mean gradient-norm?"),
        (
            ["--optimizer.kind", "sgd", "--optimizer.momentum", "0"],
            "--optimizer: nesterov needs a momentum above 0; set momentum, or turn nesterov off",
        ),
        (["--training.stop.accuracy", "2"], "--training.stop.accuracy: Input should be less than or equal to 1"),
        (["--checkpoints.at", "1", "-1"], "--checkpoints.at.1: Input should be greater than or equal to 0"),
        (["--optimizer.betas", "0.9"], "Missing value for argument '--optimizer.betas'. Expected 2 values."),
        (["extra"], "Unrecognized options: extra"),
    ],
)
def test_a_wrong_flag_is_one_line_whatever_the_terminal(arguments: list[str], said: str, encoding: str) -> None:
    """Where boxes cannot be drawn their frames are of other signs."""
    with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding)), pytest.raises(UserError) as complaint:
        parsed("nanda2023", *arguments)
    kinds = [f" {flag} {kind}" for flag, kind in pairwise(arguments) if flag.endswith(".kind")]
    assert str(complaint.value) == f"{said} (mechgrok train nanda2023{''.join(kinds)} --help)"


def test_an_unknown_kind_is_one_line() -> None:
    with pytest.raises(UserError, match=r"^--split\.kind torch-randprm is unknown; did you mean torch-randperm\?$"):
        parsed("nanda2023", "--split.kind", "torch-randprm")


def seeds(config: Config) -> tuple[int, int, int]:
    return config.model.seed, config.split.seed, config.training.seed


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--seed", "3"], (3, 3, 3)),
        (["--seed=3"], (3, 3, 3)),
        (["--split.seed", "7", "--seed", "3"], (3, 7, 3)),
        (["--split.kind", "numpy-shuffle", "--seed", "3"], (3, 3, 3)),
        ([], seeds(PRESET)),
    ],
)
def test_one_seed_sets_three_and_a_flag_of_its_own_one_of_them(arguments: list[str], expected: tuple[int, int, int]) -> None:
    assert seeds(train.chosen(train.parsed("nanda2023", arguments))) == expected


@pytest.mark.parametrize("wrong", ["x", "-1", "1.5"])
def test_a_seed_is_a_whole_number(wrong: str) -> None:
    with pytest.raises(UserError, match=f"--seed {wrong}: give a whole number, 0 or more"):
        train.parsed("nanda2023", ["--seed", wrong])
