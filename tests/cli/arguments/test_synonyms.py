"""Flags that people know by another name."""

from __future__ import annotations

from collections import Counter

import pytest

from mechgrok.cli import finetune, train
from mechgrok.cli.arguments.synonyms import SYNONYMS, flag_for
from mechgrok.errors import UserError


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("--optimizer.learning_rate", "--optimizer.lr"),
        ("--optimizer.wd", "--optimizer.weight_decay"),
        ("--weight-decay", "--optimizer.weight_decay"),
        ("--decay", "--optimizer.weight_decay"),
        ("--steps", "--training.steps"),
        ("--num_epochs", "--training.steps"),
        ("--p", "--task.p"),
        ("--task.modulus", "--task.p"),
        ("--frac_train", "--split.fraction"),
        ("--train.train_fraction", "--split.fraction"),
        ("--num_layers", "--model.layers"),
        ("--model.n_heads", "--model.heads"),
        ("--d_mlp", "--model.d_mlp"),
        ("--hidden", "--model.d_mlp"),
        ("--init_seed", "--model.seed"),
        ("--data_seed", "--split.seed"),
        ("--batch_size", "--training.batch"),
        ("--beta2", "--optimizer.betas"),
        ("--act_fn", "--model.activation"),
        ("--cuda", "--device"),
        ("--save_every", "--checkpoints.every"),
        ("--d_head", "--model.d_head"),
        ("--Learning_Rate=3", "--optimizer.lr"),
    ],
)
def test_another_name_is_answered_with_the_flag(typed: str, meant: str) -> None:
    with pytest.raises(UserError, match=rf"^Unrecognized options: {typed}.*; did you mean {meant}\? "):
        train.parsed("nanda2023", [typed, "100"])


def test_hints_name_flags_of_the_kinds_that_were_chosen() -> None:
    adam = train.parsed("demo", ["--optimizer.kind", "adam"])
    assert flag_for("wd", adam) == "--optimizer.l2"
    perceptron = train.parsed("demo", ["--model.kind", "mlp"])
    assert (flag_for("n_layers", perceptron), flag_for("d_mlp", perceptron)) == ("--model.hidden_layers", "--model.width")
    assert flag_for("n_heads", perceptron) is None


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("--task.file", "it is a flag of --task.kind table"),
        ("--split.path", "it is a flag of --split.kind file"),
        ("--corruption.divisor", "it is a flag of --corruption.kind fixed-rule"),
    ],
)
def test_a_flag_of_another_kind_is_answered_with_that_kind(typed: str, hint: str) -> None:
    with pytest.raises(UserError, match=rf"^Unrecognized options: {typed}, x; {hint}"):
        train.parsed("demo", [typed, "x"])


def test_what_is_no_other_name_is_left_to_its_spelling() -> None:
    with pytest.raises(UserError, match=r"^Unrecognized options: --task.pp, 5; did you mean --task.p\? "):
        train.parsed("demo", ["--task.pp", "5"])
    assert flag_for("gizmo", train.parsed("demo", [])) is None


def test_finetune_has_the_hints_too() -> None:
    with pytest.raises(UserError, match=r"; did you mean --optimizer.lr\? "):
        finetune.parsed("demo", ["--from", "run", "--lr", "1"])


KINDS = ("optimizer.kind adam", "model.kind mlp", "model.kind lstm", "model.kind embedding-mlp", "split.kind torch-threshold", "task.p 7")


def test_every_flag_of_the_table_is_the_answer_to_one_of_its_names() -> None:
    made = [train.parsed("demo", f"--{words}".split()) for words in KINDS]
    answers = {path: {flag_for(name, each) for name in names.split() for each in made} for path, names in SYNONYMS.items()}
    assert [path for path, found in answers.items() if f"--{path}" not in found] == []


def test_no_name_stands_twice_for_a_flag() -> None:
    assert [path for path, names in SYNONYMS.items() if max(Counter(names.split()).values()) > 1] == []
