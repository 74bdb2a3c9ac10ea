"""What a training run writes, and when it ends."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from trained_runs import Unwatched, begin, config, contents, resume, train

from mechgrok.errors import UserError
from mechgrok.runs import store
from mechgrok.runs.run import open_run
from mechgrok.training import loop
from mechgrok.training.loop import DivergedError


def rows(run: Path) -> list[dict[str, str]]:
    with (run / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def steps(run: Path) -> list[int]:
    return [int(row["step"]) for row in rows(run) if row["split"] == "train"]


def test_a_run_holds_what_the_design_says(tmp_path: Path) -> None:
    made = config(checkpoints__at=(7,), checkpoints__every=8)
    run = train(made, tmp_path / "run")
    weights = [f"weights/{step:08d}.safetensors" for step in (0, 7, 8, 16, 20)]
    assert sorted(contents(run.path)) == sorted(["config.json", "metrics.csv", "split.safetensors", "state.safetensors", *weights])
    assert not list(tmp_path.rglob(".*"))
    assert run.config == made
    assert run.execution.keys() == {"device", "threads", "forward", "subnormals", "versions"}
    assert run.execution["versions"].keys() == {"mechgrok", "torch", "transformer-lens"}
    assert run.is_train.tolist() == made.split.mask(49).tolist()


def test_checkpoints_have_the_librarys_names_shapes_and_first_weights(tmp_path: Path) -> None:
    made = config()
    run = train(made, tmp_path / "run")
    model = dict(made.model.build(made.task).named_parameters())
    first = load_file(store.weights_path(run.path, 0))
    assert first.keys() == model.keys()
    assert all(torch.equal(first[name], model[name]) for name in model)
    last, state = load_file(store.weights_path(run.path, 20)), load_file(run.path / "state.safetensors")
    assert all(torch.equal(last[name], state[f"weights.{name}"]) for name in last)
    assert not torch.equal(first["unembed.W_U"], last["unembed.W_U"])


def test_the_format_of_the_metrics(tmp_path: Path) -> None:
    run = train(config(checkpoints__at=(7,)), tmp_path / "run")
    lines = (run.path / "metrics.csv").read_text().split("\n")
    assert lines[0] == "step,split,loss,accuracy"
    assert lines[-1] == ""
    found = [line.split(",") for line in lines[1:-1]]
    recorded = [(step, split) for step in (0, 4, 7, 8, 10, 12, 16, 20) for split in ("train", "test")]
    assert [(int(step), split) for step, split, _, _ in found] == recorded
    assert all(repr(float(number)) == number and 0 <= float(number) < 10 for row in found for number in row[2:])
    assert run.metrics.columns.tolist() == ["step", "split", "loss", "accuracy"]


def test_the_recorded_loss_is_that_of_the_kept_weights(tmp_path: Path) -> None:
    run = train(config(), tmp_path / "run")
    recorded = {(int(row["step"]), row["split"]): float(row["loss"]) for row in rows(run.path)}
    labels = torch.from_numpy(run.task.labels())
    for step in run.steps:
        logits = run.model(step)(torch.from_numpy(run.task.inputs()))[:, -1].double()
        found = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
        assert recorded[step, "train"] == pytest.approx(found[torch.from_numpy(run.is_train)].mean().item(), rel=1e-6)
        assert recorded[step, "test"] == pytest.approx(found[torch.from_numpy(~run.is_train)].mean().item(), rel=1e-6)


def test_the_same_config_gives_the_same_bytes_and_each_seed_others(tmp_path: Path) -> None:
    first = contents(train(config(training__batch=8), tmp_path / "first").path)
    assert contents(train(config(training__batch=8), tmp_path / "again").path) == first
    for path in ("split__seed", "model__seed", "training__seed"):
        other = contents(train(config(training__batch=8, **{path: 77}), tmp_path / path).path)
        assert other["weights/00000020.safetensors"] != first["weights/00000020.safetensors"]
        assert (other["split.safetensors"] == first["split.safetensors"]) == (path != "split__seed")
        assert (other["weights/00000000.safetensors"] == first["weights/00000000.safetensors"]) == (path != "model__seed")


def test_no_steps_at_all(tmp_path: Path) -> None:
    out = tmp_path / "run"
    ending = resume(begin(config(training__steps=0), out))
    assert (ending.step, ending.reason) == (0, "that was the last step")
    assert open_run(out).steps == [0]
    assert steps(out) == [0]


def test_a_finished_run_stays_as_it_is(tmp_path: Path) -> None:
    run = train(config(), tmp_path / "run")
    before = contents(run.path)
    ending = resume(run)
    assert (ending.step, ending.reason, ending.interrupted) == (20, "it is finished already", False)
    assert contents(run.path) == before


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ({"test_loss_below": 2.1}, lambda past: float(past[-1]["loss"]) < 2.1),
        ({"accuracy": 0.05, "evaluations": 4}, lambda past: len(past) >= 4 and all(float(row["accuracy"]) >= 0.05 for row in past[-4:])),
    ],
)
def test_a_rule_stops_at_the_first_evaluation_where_it_holds(rule: dict[str, Any], holds: Any, tmp_path: Path) -> None:
    made = config(training__steps=60, training__evaluate_every=3, training__stop=rule, checkpoints__every=0)
    out = tmp_path / "run"
    ending = resume(begin(made, out))
    tests = [row for row in rows(out) if row["split"] == "test"]
    expected = next(int(row["step"]) for i, row in enumerate(tests) if holds(tests[: i + 1]))
    assert 3 < ending.step == expected < 60
    assert ending.reason.startswith(("test loss", "test accuracy"))
    assert open_run(out).steps == [0, expected]
    assert resume(out).reason == "it is finished already"


def test_a_rule_that_holds_from_the_start_leaves_nothing_to_train(tmp_path: Path) -> None:
    ending = resume(begin(config(training__stop={"test_loss_below": 50.0}), tmp_path / "run"))
    assert (ending.step, open_run(tmp_path / "run").steps) == (0, [0])


def test_without_test_rows_no_rule_applies(tmp_path: Path) -> None:
    made = config(split__fraction=1.0, training__stop={"test_loss_below": 50.0, "accuracy": 0.01, "evaluations": 1})
    ending = resume(begin(made, tmp_path / "run"))
    assert (ending.step, ending.reason) == (20, "that was the last step")
    assert {row["split"] for row in rows(tmp_path / "run")} == {"train"}


def test_whoever_watches_sees_every_step_and_every_record(tmp_path: Path) -> None:
    seen: list[int] = []
    records: list[tuple[int, list[str]]] = []

    class Watcher(Unwatched):
        def at(self, step: int) -> None:
            seen.append(step)

        def recorded(self, step: int, evaluations: Any) -> None:
            records.append((step, [each.split for each in evaluations]))

    resume(begin(config(), tmp_path / "run"), Watcher())
    assert seen == list(range(1, 21))
    assert records == [(step, ["train", "test"]) for step in (0, 4, 8, 10, 12, 16, 20)]


ABSURD = {"optimizer__lr": 1e30, "training__steps": 50, "checkpoints__every": 1, "training__evaluate_every": 10}


@pytest.mark.parametrize("every", [1, 0], ids=["a checkpoint every step", "only the first"])
def test_a_loss_that_is_no_number_stops_the_run(every: int, tmp_path: Path) -> None:
    out = tmp_path / "run"
    begin(config(**ABSURD | {"checkpoints__every": every}), out)
    with pytest.raises(DivergedError) as complaint:
        resume(out)
    run = open_run(out)
    good = store.weights_path(out, run.steps[-1])
    step = int(str(complaint.value).split(" at step ")[1].split(";")[0])
    assert str(complaint.value) == (
        f"the loss is nan at step {step}; the last good checkpoint is {good}. Lower optimizer.lr, and train into a new folder"
    )
    assert run.steps[-1] < step <= 3
    assert all(math.isfinite(float(row["loss"])) for row in rows(out))
    for path in [*run.path.glob("weights/*.safetensors"), out / "state.safetensors"]:
        assert all(tensor.isfinite().all() for tensor in load_file(path).values()), path


def test_resuming_what_diverged_says_it_again_and_keeps_the_good_checkpoint(tmp_path: Path) -> None:
    out = tmp_path / "run"
    begin(config(**ABSURD), out)
    said = []
    for _ in range(2):
        with pytest.raises(UserError) as complaint:
            resume(out)
        said.append((str(complaint.value), contents(out)))
    assert said[0] == said[1]


def test_a_first_loss_that_is_no_number_leaves_no_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(config(), tmp_path / "run")
    monkeypatch.setattr(loop.Trainer, "evaluate", lambda _: [loop.Evaluation("train", 1, math.inf, 0.0)])
    with pytest.raises(DivergedError, match=r"the loss is inf at step 0; the last good checkpoint is none"):
        resume(tmp_path / "run")
    assert open_run(tmp_path / "run").steps == []
