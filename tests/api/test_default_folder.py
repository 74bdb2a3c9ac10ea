"""Where a run goes when nobody says: what a user is likely to change is in its name, so that runs do not meet."""

from __future__ import annotations

import shlex

import pytest

from mechgrok.api.default_folder import as_name, default_folder
from mechgrok.cli.arguments.study_plan import planned_config
from mechgrok.cli.train import preset


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("", "furuta2024-p97-s0"),
        ("--task.p 11 --model.seed 3", "furuta2024-p11-s3"),
        ("--task.operation add", "furuta2024-p97-s0"),
        ('--task.operation ab+b --task.layout "a b"', "furuta2024-ab+b-p97-s0"),
        ("--start.freeze embed body", "furuta2024-embed-frozen-body-frozen-p97-s0"),
        ('--task.kind mixture --task.operations add "a**2 / b"', "furuta2024-mixture-add-a_2_b-p97-s0"),
        ('--task.kind expression --task.expression "a**3 + b" --task.layout "operands ="', "furuta2024-expression-a_3_+_b-p97-s0"),
    ],
)
def test_it_is_named_after_what_differs_from_the_preset(words: str, name: str) -> None:
    config = planned_config(["train", "furuta2024", *shlex.split(words)])
    assert str(default_folder("furuta2024", config, preset("furuta2024", []))) == f"checkpoints/{name}"


def test_nothing_in_it_means_another_folder() -> None:
    assert as_name("../a b/c*$") == ".._a_b_c_"
