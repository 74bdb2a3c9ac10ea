"""The runs of a study and their numbers: nested entries, named steps, copies without a state."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mechgrok.analysis import Claim, Number, Study, Trial
from mechgrok.config import Config
from mechgrok.runs import store
from mechgrok.runs.run import open_run
from mechgrok.studies.trained import Trained, flat, folder
from mechgrok.training import launch
from mechgrok.training.execution import Execution

TRIAL = Trial("x", "", "")


class Unwatched:
    def at(self, step: int) -> None: ...
    def recorded(self, step: int, evaluations: object) -> None: ...


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("study")
    config = {
        "task": {"kind": "modular", "p": 7, "loss_classes": "numbers"},
        "split": {"kind": "python-shuffle", "fraction": 0.5, "seed": 0},
        "model": {"kind": "transformer", "d_model": 8, "heads": 1, "d_mlp": 4},
        "training": {"steps": 4},
        "checkpoints": {"every": 2, "log_spaced": 0},
    }
    launch.resume(launch.begin(Config.model_validate(config), folder(root, TRIAL, 0), Execution("cpu", 1)), Unwatched())
    return root


def trained(out: Path, *numbers: Number) -> Trained:
    return Trained(Study("words", (TRIAL,), (0,), tuple(Claim("", "", each, each) for each in numbers)), out)


def test_members_of_mappings_and_lists_have_entries_of_their_own() -> None:
    assert flat({"fve": {"14": [0.9, 0.8]}, "mean": 0.85, "none": []}) == {"fve.14.0": 0.9, "fve.14.1": 0.8, "mean": 0.85, "none": []}


def test_a_number_is_that_of_the_step_that_is_named(out: Path) -> None:
    first, middle, last = (trained(out).value(Number("x", "loss", "train", at=at), 0) for at in ("first", "2", "last"))
    metrics = open_run(folder(out, TRIAL, 0)).metrics
    recorded = metrics[(metrics["split"] == "train") & metrics["step"].isin((0, 2, 4))]["loss"]
    assert [value[0] for value in (first, middle, last)] == pytest.approx(list(recorded), rel=1e-5)


def test_an_expensive_measure_is_computed_at_the_steps_that_claims_name(out: Path) -> None:
    number = Number("x", "component-ablation(keys=1)", "unablated", at="2")
    loss = trained(out).value(Number("x", "loss", "all", at="2"), 0)
    assert trained(out, number).value(number, 0) == pytest.approx(loss)
    assert trained(out).value(number, 0) == "x has no unablated of component-ablation(keys=1) at step 2"


def test_a_headline_may_depend_on_earlier_checkpoints(out: Path) -> None:
    """Every entropy of five tokens in eight dimensions is below 1, so it is from step 0 on, not from the last checkpoint on."""
    since = Number("x", "state-entropy(threshold=1.0)", "below_from")
    assert trained(out).value(since, 0) == (0.0, 0.0)


def test_a_member_that_a_run_lacks_is_missing(out: Path) -> None:
    number = Number("x", "weight-norms", "by_parameter.no such")
    assert trained(out).value(number, 0) == "x has no by_parameter.no such of weight-norms at step 4"


def test_a_copy_without_the_optimiser_s_state_is_finished_where_it_has_the_last_checkpoint(out: Path, tmp_path: Path) -> None:
    copy = folder(tmp_path, TRIAL, 0)
    shutil.copytree(folder(out, TRIAL, 0), copy)
    (copy / store.STATE).unlink()
    assert ("x", 0) in trained(tmp_path).runs
    store.weights_path(copy, 4).unlink()
    assert not trained(tmp_path).runs


def test_a_folder_without_a_config_is_no_run_of_the_study(out: Path, tmp_path: Path) -> None:
    folder(tmp_path, TRIAL, 0).mkdir()
    assert not trained(tmp_path).runs


def test_a_step_without_a_checkpoint_is_said_to_lack_the_number(out: Path) -> None:
    for measure, key in (("loss", "train"), ("component-ablation(keys=1)", "unablated")):
        number = Number("x", measure, key, at="3")
        assert trained(out, number).value(number, 0) == f"x has no {key} of {measure} at step 3"
