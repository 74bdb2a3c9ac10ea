"""The measures of finite groups on runs of all kinds of small groups: a result or a reason, never a traceback or a warning."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from made_runs import make_run

from mechgrok.engine import registry
from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import NotApplicable, Result
from mechgrok.measures.base.on_group import OnGroup
from mechgrok.runs.run import open_run
from mechgrok.tasks.group import GroupTask

NAMES = [name for name, measure in registry.measures().items() if issubclass(measure, OnGroup)]
STEPS = (0, 20)
RUNS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "s3": ({"n": 3}, {}),
    "s2": ({"n": 2}, {"train": 0.5}),
    "a3": ({"group": "alternating", "n": 3}, {}),
    "a4": ({"group": "alternating", "n": 4}, {}),
    "z6": ({"group": "cyclic", "n": 6}, {}),
    "d2": ({"group": "dihedral", "n": 2}, {}),
    "conjugate": ({"group": "dihedral", "n": 5, "operation": "conjugate"}, {}),
    "unknown": ({"n": 3, "operation": "aba"}, {"train": None}),
    "all-train": ({"n": 3}, {"train": 1.0}),
    "zero": ({"n": 3}, {"scale": 0.0}),
    "attention": ({"n": 3}, {"attn_only": True}),
}
REASONS = {("s2", "coset-concentration"): "prime", ("a3", "coset-concentration"): "prime", ("attention", "coset-concentration"): "no MLP"}

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def make_group_run(folder: Path, task: dict[str, Any], options: dict[str, Any]) -> Path:
    make_run(folder, p=GroupTask(**task).numbers, steps=STEPS, **options)
    config = json.loads((folder / "config.json").read_text())
    config["task"] = {"kind": "group", **task}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    root = tmp_path_factory.mktemp("groups")
    made = {name: make_group_run(root / name, *wanted) for name, wanted in RUNS.items()}
    return {name: analyze(open_run(folder), NAMES, steps=STEPS, nulls=2) for name, folder in made.items()}


def test_the_measures_of_groups_are_there() -> None:
    assert set(NAMES) >= {"character-cosines", "coset-concentration", "irrep-restricted-loss", "irrep-shares"}


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("name", NAMES)
def test_a_result_or_a_reason(name: str, run: str, outcomes: dict[str, dict[str, Any]]) -> None:
    found = outcomes[run][name]
    if (run, name) in REASONS:
        assert isinstance(found, NotApplicable)
        assert REASONS[run, name] in found.reason
        return
    assert isinstance(found, Result), getattr(found, "traceback", found)
    json.dumps(found.headline, allow_nan=False)
    assert {key for key, value in found.headline.items() if value is None} == set(found.missing)
    numbers = [number for null in found.null.values() for number in null.values() if number is not None]
    assert all(map(math.isfinite, numbers))
    figure = found.figure()
    assert figure.data
    used = figure.layout.to_plotly_json()
    assert all(used[axis]["title"]["text"] for axis in used if re.fullmatch(r"[xy]axis\d*", axis))


@pytest.mark.parametrize("name", NAMES)
def test_the_keys_of_the_headline_are_always_the_same(name: str, outcomes: dict[str, dict[str, Any]]) -> None:
    assert len({frozenset(found[name].headline) for found in outcomes.values() if isinstance(found[name], Result)}) == 1


def test_a_constant_network_says_so(outcomes: dict[str, dict[str, Any]]) -> None:
    zero = outcomes["zero"]
    assert "constant" in zero["irrep-shares"].missing["W_E_share"]
    assert zero["character-cosines"].headline["explained"] == 0
    assert zero["irrep-restricted-loss"].headline["all"] == pytest.approx(math.log(6), rel=1e-12)
    assert "no neuron varies" in zero["coset-concentration"].missing["a_mean_relative"]


def test_without_a_known_split_there_is_no_train_loss(outcomes: dict[str, dict[str, Any]]) -> None:
    found = outcomes["unknown"]["irrep-restricted-loss"]
    assert "unknown" in found.missing["train"]
    assert "unknown" in found.missing["excluded_train"]


def test_arithmetic_is_told_where_to_look(tmp_path: Path) -> None:
    found = analyze(open_run(make_run(tmp_path / "run", steps=STEPS)), NAMES, nulls=0)
    assert all(isinstance(each, NotApplicable) and "measures of frequencies" in each.reason for each in found.values())


def test_fourier_measures_send_other_groups_to_their_representations(tmp_path: Path) -> None:
    folder = make_group_run(tmp_path / "run", {"n": 3}, {})
    found = analyze(open_run(folder), ["embedding-spectrum", "loss"], nulls=0)
    assert "irrep-shares" in found["embedding-spectrum"].reason  # type: ignore[union-attr]
    assert isinstance(found["loss"], Result)
