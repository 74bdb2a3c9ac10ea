"""Configs that fuzzing found to break the report, the card or the network of a run."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from made_runs import make_run

from mechgrok.errors import UserError
from mechgrok.report.facts import facts
from mechgrok.runs.run import open_run
from mechgrok.runs.store import CONFIG

BROKEN: dict[str, tuple[str, Any, str]] = {
    "a list for a part": ("training", [], "training is no object; restore the file from a copy"),
    "a word for a part": ("start", "embed", "start is no object; restore the file from a copy"),
    "null for a part": ("corruption", None, "corruption is no object; restore the file from a copy"),
    "a part of its own": ("x" * 5000, {}, "unknown key xxx"),
    "a wrong number": ("checkpoints", {"every": -1}, "checkpoints.every: Input should be greater than or equal to 0"),
    "a parent without a step": ("start", {"parent": {"run": "a"}}, "start.parent.step: Field required"),
    "groups that are none": ("start", {"load": [7]}, "start.load"),
    "an absurd size": ("task", {"kind": "modular", "p": 7, "spare_tokens": 2**31}, "task.spare_tokens: Input should be less than"),
    "an unknown key": ("task", {"kind": "modular", "p": 7, "a\nb": 1}, "unknown key task.a b"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("runs") / "run", steps=(0,))


def changed(folder: Path, part: str, value: Any) -> Path:
    """The run with another value of a part; the file is written anew by every test."""
    config = {"task": {"kind": "modular", "p": 7}, "split": {"kind": "unknown"}, "model": {"kind": "transformer", "d_model": 8, "heads": 2}}
    (folder / CONFIG).write_text(json.dumps(config | {part: value}))
    return folder


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_config_is_refused_before_anything_is_read_from_it(name: str, folder: Path) -> None:
    part, value, reason = BROKEN[name]
    run = open_run(changed(folder, part, value))
    for use in (lambda: run.stored_config, lambda: facts(run), run._repr_html_):
        with pytest.raises(UserError) as found:
            use()
        assert str(found.value).startswith(f"{folder / CONFIG}: {reason}")


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"task":' * 100_000, "[1]", "", "{", "9" * 5000, '{"model": {"a": ' + "[" * 40 + "]" * 40 + "}}"]
)
def test_a_config_that_is_no_object_is_refused(text: str, folder: Path) -> None:
    (folder / CONFIG).write_text(text)
    with pytest.raises(
        UserError, match=rf"^{folder / CONFIG} (is no JSON|holds no JSON object|nests more than 16 levels).*; restore it from a copy$"
    ):
        _ = open_run(folder).stored_config


@pytest.mark.parametrize("kind", [["modular"], {"kind": "modular"}, 7, "nowhere"])
def test_a_kind_that_is_not_installed_is_named_by_the_report_and_not_computed(kind: Any, folder: Path) -> None:
    run = open_run(changed(folder, "task", {"kind": kind, "operations": 5, "domain": 3}))
    assert "not installed here" in facts(run)["trained"]
    with pytest.raises(UserError, match="unknown kind"):
        _ = run.config


def test_sizes_that_are_no_numbers_are_left_out(folder: Path) -> None:
    run = open_run(changed(folder, "model", {"kind": "transformer", "layers": "x" * 10**5, "d_model": [1]}))
    assert "x" * 100 not in facts(run)["trained"]


def test_validation_needs_no_torch(folder: Path) -> None:
    import subprocess

    changed(folder, "training", {"steps": 5})
    code = f"import sys, pathlib; from mechgrok.runs.run_files import RunFiles; RunFiles(pathlib.Path({str(folder)!r})).stored_config"
    subprocess.run([sys.executable, "-c", f"{code}; assert 'torch' not in sys.modules"], check=True)
