"""Runs on several tasks at once: what is trained, and what is recorded of each task, against sums over rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from trained_runs import Interrupting, begin, config, contents, resume, torch_settings_kept, train

from mechgrok.config import Config
from mechgrok.training.execution import Execution
from mechgrok.training.trainer import Trainer

P = 5
UNEVEN = {"kind": "mixture", "p": P, "operations": ["add", "divide", "a^2+b"]}
"""Division has 20 rows, the other two 25."""


def made(**changed: Any) -> Config:
    return Config.model_validate(config(**changed).model_dump(exclude={"task"}) | {"task": UNEVEN})


def trainer(wanted: Config) -> Trainer:
    with torch_settings_kept():
        return Trainer(wanted, wanted.split.train_rows(wanted.task), Execution("cpu", 1, "fast"))


def table() -> list[tuple[str, int, int, int]]:
    """Name, operands and label of every row, in the order of the table."""
    found = []
    for name in ("add", "divide", "a^2+b"):
        for a in range(P):
            for b in range(P):
                if name == "add":
                    found.append((name, a, b, (a + b) % P))
                elif name == "a^2+b":
                    found.append((name, a, b, (a * a + b) % P))
                elif b:
                    found.append((name, a, b, next(c for c in range(P) if c * b % P == a)))
    return found


def by_name(wanted: Config, rows: Sequence[int], shift: int = 0) -> dict[str, list[tuple[float, bool]]]:
    """Loss and correctness of each of these rows, by the name of its task: one softmax at a time, from the library's network."""
    model, found = wanted.model.build(wanted.task), {}
    for row in rows:
        name, label = table()[row][0], (table()[row][3] + shift) % P
        logits = model(torch.from_numpy(wanted.task.inputs()[row : row + 1]))[0, -1].double().tolist()
        loss = math.log(sum(map(math.exp, logits))) - logits[label]
        found.setdefault(name, []).append((loss, max(logits) == logits[label]))
    return found


def mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)


def rows_of(wanted: Config, train: bool = True) -> list[int]:
    return np.flatnonzero(wanted.split.train_rows(wanted.task) == train).tolist()


def test_the_table_is_the_one_that_is_counted_here() -> None:
    assert made().task.labels().tolist() == [label for *_, label in table()]


def test_the_losses_of_the_tasks_are_added() -> None:
    """Not the mean over all rows, nor the sum over tasks divided by their number."""
    wanted = made()
    found = by_name(wanted, rows_of(wanted))
    assert len({len(each) for each in found.values()}) > 1
    expected = sum(mean([loss for loss, _ in each]) for each in found.values())
    assert trainer(wanted).update(0).item() == pytest.approx(expected, rel=1e-6)


def test_of_a_batch_the_tasks_that_it_holds_are_added() -> None:
    wanted = made(training__batch=4)
    ours = trainer(wanted)
    seen = set()
    for step in range(3):
        rows = ours._batches.at(step)
        assert rows is not None
        found = by_name(wanted, rows.tolist())
        seen |= {len(found)}
        expected = sum(mean([loss for loss, _ in each]) for each in found.values())
        assert trainer(wanted).backward(step).item() == pytest.approx(expected, rel=1e-6)
    assert seen > {3}, "no batch lacks a task, so this shows less than it should"


def test_gradients_are_those_of_the_sum() -> None:
    wanted = made()
    ours, model = trainer(wanted), wanted.model.build(wanted.task)
    ours.backward(0)
    rows, names = rows_of(wanted), [table()[row][0] for row in rows_of(wanted)]
    logits = model(torch.from_numpy(wanted.task.inputs()[rows]))[:, -1].double()
    losses = torch.stack([line.logsumexp(0) - line[table()[row][3]] for line, row in zip(logits, rows, strict=True)])
    total: Tensor = sum(loss / names.count(name) for loss, name in zip(losses, names, strict=True))  # type: ignore[assignment]
    total.backward()
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            torch.testing.assert_close(ours.parameters[name].grad, parameter.grad, rtol=1e-4, atol=1e-7, msg=name)


def test_every_task_is_recorded_by_itself_and_the_sum_beside_the_mean(tmp_path: Path) -> None:
    wanted = made(training__steps=0)
    metrics = train(wanted, tmp_path / "run").metrics.set_index("split")
    names = ("add", "divide", "a^2+b")
    assert metrics.index.tolist() == ["train", *(f"train-{name}" for name in names), "test", *(f"test-{name}" for name in names)]
    for split in ("train", "test"):
        found = by_name(wanted, rows_of(wanted, split == "train"))
        for name, each in found.items():
            loss, accuracy = (mean(numbers) for numbers in zip(*each, strict=True))
            row = metrics.loc[f"{split}-{name}"]
            assert [row["loss"], row["trained_loss"]] == pytest.approx([loss, loss], rel=1e-6)
            assert row["accuracy"] == pytest.approx(accuracy, abs=1e-12)
        together = [loss for each in found.values() for loss, _ in each]
        assert metrics.loc[split, "loss"] == pytest.approx(mean(together), rel=1e-6)
        assert metrics.loc[split, "trained_loss"] == pytest.approx(sum(mean([loss for loss, _ in each]) for each in found.values()))


def test_squared_errors_are_added_too() -> None:
    wanted = made(training__loss="mse")
    rows, names = rows_of(wanted), [table()[row][0] for row in rows_of(wanted)]
    logits = wanted.model.build(wanted.task)(torch.from_numpy(wanted.task.inputs()[rows]))[:, -1].double().tolist()
    expected = 0.0
    for line, row, name in zip(logits, rows, names, strict=True):
        errors = [(value - (c == table()[row][3])) ** 2 for c, value in enumerate(line)]
        expected += mean(errors) / names.count(name)
    assert trainer(wanted).update(0).item() == pytest.approx(expected, rel=1e-6)


def test_a_task_is_recorded_against_the_labels_that_it_is_trained_with(tmp_path: Path) -> None:
    """As its split is: here every train label is one too large, and no test label is."""
    wanted = Config.model_validate(made(training__steps=0).model_dump() | {"corruption": {"kind": "increment", "fraction": 1.0}})
    metrics = train(wanted, tmp_path / "run").metrics.set_index("split")["loss"]
    assert "train-poisoned-truth" in metrics
    for split, shift in (("train", 1), ("test", 0)):
        for name, each in by_name(wanted, rows_of(wanted, split == "train"), shift).items():
            assert metrics[f"{split}-{name}"] == pytest.approx(mean([loss for loss, _ in each]), rel=1e-6)


def test_a_stop_goes_by_the_sum(tmp_path: Path) -> None:
    """The mean over rows is below this limit from the first evaluation on, the sum over three tasks never is."""
    limit = 1.5 * math.log(P + 5)
    run = train(made(training__steps=8, training__stop={"test_loss_below": limit}), tmp_path / "run")
    test = run.metrics[run.metrics["split"] == "test"]
    assert (test["loss"] < limit).all()
    assert (test["trained_loss"] > limit).all()
    assert test["step"].max() == 8


def test_after_an_interruption_the_bytes_are_the_same(tmp_path: Path) -> None:
    wanted = made(training__batch=9, training__steps=16)
    whole = contents(train(wanted, tmp_path / "whole").path)
    assert resume(begin(wanted, tmp_path / "run"), Interrupting(7)).interrupted
    resume(tmp_path / "run")
    assert contents(tmp_path / "run") == whole
