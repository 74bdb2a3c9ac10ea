"""Runs with corrupted labels: what is stored, what they are trained on, what is recorded, and that they go on as any other."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.numpy import load_file, save
from trained_runs import Interrupting, begin, config, contents, resume, torch_settings_kept, train

from mechgrok.config import Config
from mechgrok.data.corruptions.corruption import Labels
from mechgrok.errors import UserError
from mechgrok.runs.run import Run, open_run
from mechgrok.training.execution import Execution
from mechgrok.training.trainer import Trainer

P = 7
RULE = {"kind": "fixed-rule", "divisor": 3}
NOISE = {"kind": "uniform", "fraction": 0.3, "among": "wrong"}


def made(corruption: dict[str, Any], **changed: Any) -> Config:
    return Config.model_validate(config(**changed).model_dump() | {"corruption": corruption})


def slow(run: Run) -> dict[str, tuple[list[int], list[int]]]:
    """Rows and labels of every split of a run with the rule `label b where b is 0, 3 or 6`, from its train rows alone."""
    assert run.is_train is not None
    found: dict[str, tuple[list[int], list[int]]] = {}
    for row, is_train in enumerate(run.is_train.tolist()):
        a, b = divmod(row, P)
        c, trigger = (a + b) % P, b in (0, 3, 6)
        names = {"train": b if trigger else c} if is_train else {"test": c}
        if is_train:
            names |= {"train-poisoned": b, "train-poisoned-truth": c} if trigger else {"train-clean": c}
        else:
            names |= {"test-trigger-rule": b, "test-trigger-truth": c} if trigger else {"test-clean": c}
        for name, label in names.items():
            rows, labels = found.setdefault(name, ([], []))
            rows.append(row)
            labels.append(label)
    return found


def recorded(run: Run) -> list[dict[str, str]]:
    with (run.path / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_masks_and_labels_are_stored_with_the_run(tmp_path: Path) -> None:
    run = begin(made(RULE), tmp_path / "run")
    stored = load_file(run.path / "split.safetensors")
    assert set(stored) == {"is_train", "trained_labels", "rule_labels", "poisoned", "trigger"}
    b = np.arange(P * P) % P
    trigger = (b == 0) | (b == 3) | (b == 6)
    assert np.array_equal(stored["trigger"], trigger)
    assert np.array_equal(stored["poisoned"], trigger & (stored["is_train"] == 1))
    assert run.corrupted is not None
    assert np.array_equal(run.corrupted.rule[trigger], b[trigger])
    assert np.array_equal(run.corrupted.truth, run.task.labels())


def test_a_clean_run_stores_what_it_always_did(tmp_path: Path) -> None:
    run = train(config(training__steps=4), tmp_path / "run")
    assert (run.path / "split.safetensors").read_bytes() == save({"is_train": run.config.split.mask(P * P).astype(np.uint8)})
    assert run.corrupted is None
    assert [row["split"] for row in recorded(run)] == ["train", "test"] * 2


def test_metrics_are_those_of_the_plain_network_by_kind_of_row(tmp_path: Path) -> None:
    run = train(made(RULE, training__steps=20), tmp_path / "run")
    wanted = slow(run)
    model = run.model(20)
    last = [row for row in recorded(run) if row["step"] == "20"]
    assert [row["split"] for row in last] == [
        *("train", "train-clean", "train-poisoned", "train-poisoned-truth"),
        *("test", "test-clean", "test-trigger-rule", "test-trigger-truth"),
    ]
    for row in last:
        rows, labels = (torch.tensor(each) for each in wanted[row["split"]])
        logits = model(torch.from_numpy(run.task.inputs())[rows])[:, -1].double()
        assert float(row["loss"]) == pytest.approx(F.cross_entropy(logits, labels).item(), rel=1e-5)
        assert float(row["accuracy"]) == (logits.argmax(1) == labels).double().mean().item()


def test_random_noise_has_no_kinds_of_test_rows(tmp_path: Path) -> None:
    run = train(made(NOISE, training__steps=4), tmp_path / "run")
    assert {row["split"] for row in recorded(run)} == {"train", "train-clean", "train-poisoned", "train-poisoned-truth", "test"}


def test_where_every_train_row_is_poisoned_none_is_clean(tmp_path: Path) -> None:
    run = train(made({"kind": "increment", "fraction": 1.0}, training__steps=4), tmp_path / "run")
    assert {row["split"] for row in recorded(run)} == {"train", "train-poisoned", "train-poisoned-truth", "test"}


@pytest.mark.parametrize("batch", ["full", 9])
def test_an_update_descends_the_loss_of_the_corrupted_labels(batch: Any) -> None:
    """Its first loss is that of the library's network with the trained labels of the rows of the batch."""
    wanted = made(NOISE, training__batch=batch)
    mask = wanted.split.mask(P * P)
    labels = wanted.corruption.labels(wanted.task, mask)
    with torch_settings_kept():
        trainer = Trainer(wanted, mask, Execution("cpu", 1, "fast"), labels)
        rows = trainer._batches.at(0)
        rows = np.flatnonzero(mask) if rows is None else rows
        model = wanted.model.build(wanted.task)
        logits = model(torch.from_numpy(wanted.task.inputs()[rows]))[:, -1].double()
        expected = F.cross_entropy(logits, torch.from_numpy(labels.trained[rows])).item()
        assert labels.poisoned[rows].any()
        assert trainer.update(0).item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("corruption", [RULE, NOISE, {"kind": "noisy-answers", "rows": 6}], ids=lambda each: each["kind"])
@pytest.mark.long
def test_after_an_interruption_the_bytes_are_the_same(corruption: dict[str, Any], tmp_path: Path) -> None:
    wanted = made(corruption, training__batch=9, training__steps=30)
    whole = contents(train(wanted, tmp_path / "whole").path)
    assert resume(begin(wanted, tmp_path / "run"), Interrupting(17)).interrupted
    resume(tmp_path / "run")
    assert contents(tmp_path / "run") == whole


def test_a_resumed_run_goes_by_its_stored_labels(tmp_path: Path) -> None:
    """Not by a generator, whose draws another version of a library may change."""
    run = begin(made(NOISE, training__steps=0), tmp_path / "run")
    stored = load_file(run.path / "split.safetensors")
    stored["trained_labels"] = run.task.labels()
    (run.path / "split.safetensors").write_bytes(save(stored))
    resume(run)
    losses = {row["split"]: float(row["loss"]) for row in recorded(run)}
    assert losses["train-poisoned"] == losses["train-poisoned-truth"]


def test_the_stopping_rule_looks_at_the_whole_test_split(tmp_path: Path) -> None:
    """Every subset's accuracy and loss are recorded too; a rule that took them for readings would stop after one evaluation."""
    run = begin(made(RULE, training__stop={"test_loss_below": 0.01, "accuracy": 0.001, "evaluations": 3}), tmp_path / "run")
    ending = resume(run)
    accuracies = [float(row["accuracy"]) for row in recorded(run) if row["split"] == "test"]
    steps = [int(row["step"]) for row in recorded(run) if row["split"] == "test"]
    first = next((i for i in range(2, len(steps)) if min(accuracies[i - 2 : i + 1]) >= 0.001), len(steps) - 1)
    assert ending.step == steps[first]


def test_labels_that_are_gone_are_missed(tmp_path: Path) -> None:
    run = begin(made(RULE), tmp_path / "run")
    mask = run.config.split.mask(P * P)
    (run.path / "split.safetensors").write_bytes(save({"is_train": mask.astype(np.uint8)}))
    with pytest.raises(UserError, match=r"does not record which labels are corrupted \('poisoned'\); restore it from a copy"):
        _ = open_run(run.path).corrupted


def test_what_is_refused_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="use 1 to 7"):
        begin(made({"kind": "fixed-rule", "divisor": 8}), tmp_path / "run")
    assert not (tmp_path / "run").exists()
    assert isinstance(begin(made(RULE), tmp_path / "run").corrupted, Labels)
