"""The grid of a sweep: axes from words, trials, and commands that give the configs of its cells."""

from __future__ import annotations

from pathlib import Path

import pytest

from mechgrok.cli.arguments.study_plan import command, planned_config
from mechgrok.errors import UserError
from mechgrok.studies import axes


@pytest.mark.parametrize(
    ("text", "path", "values"),
    [
        ("split.fraction=.2,.3,0.40", "split.fraction", (0.2, 0.3, 0.4)),
        ("--optimizer.weight_decay=0,1", "optimizer.weight_decay", (0, 1)),
        ("task.operation=add,2a+b", "task.operation", ("add", "2a+b")),
        ("training.stop.accuracy=None,0.99", "training.stop.accuracy", (None, 0.99)),
        ("model.tied=true,false", "model.tied", (True, False)),
        ("optimizer.lr=1e-3,-5", "optimizer.lr", (1e-3, -5)),
        ("task.p=007", "task.p", (7,)),
    ],
)
def test_an_axis_is_read_from_a_word(text: str, path: str, values: tuple) -> None:
    found = axes.axis(text)
    assert found == (path, values)
    assert [type(each) for each in found[1]] == [type(each) for each in values]


@pytest.mark.parametrize("text", ["split.fraction", "split.fraction=", "=1,2", ""])
def test_a_word_of_another_form_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UserError, match=r"^--grid .*give") as refused:
        axes.axis(text)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("values", [(0.2, 0.2), (1, 1.0)])
def test_a_value_that_is_there_twice_is_refused(values: tuple) -> None:
    with pytest.raises(UserError, match=r"split.fraction has a value twice"):
        axes.trials("demo", [], {"split.fraction": values})


def test_the_first_axis_gives_the_rows_and_the_others_the_columns() -> None:
    found = axes.trials("demo", ["--task.p", "31"], {"split.fraction": (0.2, 0.3), "optimizer.weight_decay": (0, 1), "model.heads": (2, 4)})
    assert [(trial.row, trial.column) for trial in found] == [
        (f"fraction={fraction}", f"weight_decay={decay},heads={heads}") for fraction in (0.2, 0.3) for decay in (0, 1) for heads in (2, 4)
    ]
    assert found[0].command == ("train demo --task.p 31 --optimizer.weight_decay 0 --model.heads 2 --seed {seed} --split.fraction 0.2")


def test_without_axes_there_is_one_trial_and_with_one_axis_no_column() -> None:
    assert [trial.name for trial in axes.trials("demo", [], {})] == ["demo"]
    assert [trial.name for trial in axes.trials("demo", [], {"split.fraction": (1e-3, 0.1234567)})] == [
        "fraction=0.001",
        "fraction=0.1234567",
    ]


def test_names_are_those_of_folders_and_full_where_the_last_word_is_not_enough() -> None:
    found = axes.trials("demo", [], {"task.operation": ("a^2 / b",), "optimizer.kind": ("sgd",), "model.seed": (1,), "split.seed": (2,)})
    assert [trial.name for trial in found] == ["operation=a^2_b.optimizer.kind=sgd,model.seed=1,split.seed=2"]


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("model.tied", True, ["--model.tied"]),
        ("model.tied", False, ["--model.no-tied"]),
        ("optimizer.betas", (0.9, 0.98), ["--optimizer.betas", "0.9", "0.98"]),
        ("training.stop.accuracy", None, ["--training.stop.accuracy", "None"]),
    ],
)
def test_a_value_is_a_flag_that_the_command_line_reads(path: str, value: object, words: list[str]) -> None:
    assert axes.flag(path, value) == words
    config = planned_config(["train", "demo", *words])
    for part in path.split("."):
        config = getattr(config, part)
    assert config == value


def test_braces_and_blanks_of_values_reach_the_command() -> None:
    (trial,) = axes.trials("demo", ["--task.layout", "{a} b"], {"task.operation": ("a + {b}",)})
    assert command(trial, 3, Path("x"))[2:] == ["--task.layout", "{a} b", "--seed", "3", "--task.operation", "a + {b}"]
