"""Curves of logs, whatever their form and the names of their columns."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mechgrok.errors import UserError
from mechgrok.maths.curves.crossings import first_crossing
from mechgrok.runs.importing.logs.columns import parse_columns
from mechgrok.runs.importing.logs.curves import read_curves

COLUMNS = ["step", "split", "loss", "accuracy"]
INTERLEAVED = """epoch,learning_rate,step,train_accuracy,train_loss,val_accuracy,val_loss
8.0,.001,7,25.0,4.5,,
,,9,,,1.0,4.75
8.0,.001,15,50.0,3.5,,
,,17,,,2.0,5.5
"""
ROWS = [(0, 3.0, 0.1, 3.5, 0.0), (100, 0.01, 1.0, 5.0, 0.25), (200, 0.001, 1.0, 0.002, 1.0)]
"""Step, train loss and accuracy, test loss and accuracy."""
TABLE = [row for step, *values in ROWS for row in ([step, "train", *values[:2]], [step, "test", *values[2:]])]


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def csv(names: tuple[str, ...], scale: float = 1) -> str:
    rows = [(step, a, scale * b, c, scale * d) for step, a, b, c, d in ROWS]
    return "".join(",".join(map(str, row)) + "\n" for row in (names, *rows))


def records(names: tuple[str, ...]) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=True)) for row in ROWS]


def columns(names: tuple[str, ...]) -> dict[str, list[float]]:
    return {name: [row[at] for row in ROWS] for at, name in enumerate(names)}


def long_form() -> list[dict[str, Any]]:
    return [{"iteration": step, "split": {"test": "valid"}.get(split, split), "loss": loss, "acc": acc} for step, split, loss, acc in TABLE]


NAMES = {
    "usual": ("step", "train_loss", "train_acc", "test_loss", "test_acc"),
    "validation": ("epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy"),
    "tensorboard": ("global_step", "Loss/train", "Accuracy/train", "Loss/valid", "Accuracy/valid"),
    "capitals": ("iteration", "trainLoss", "trainAcc", "valCELoss", "valAcc"),
    "keras": ("epoch", "loss", "accuracy", "val_loss", "val_accuracy"),
    "words": ("iter", "training loss", "training accuracy", "held_out nll", "held_out accuracy"),
}


@pytest.mark.parametrize("names", NAMES.values(), ids=list(NAMES))
@pytest.mark.parametrize("form", [csv, records, columns], ids=["csv", "records", "columns"])
def test_columns_are_found_by_their_names(form: Callable[..., Any], names: tuple[str, ...], tmp_path: Path) -> None:
    data = form(names)
    path = write(tmp_path, "log.csv", data) if isinstance(data, str) else write(tmp_path, "log.json", json.dumps(data))
    table, notes = read_curves(path)
    assert list(table.columns) == COLUMNS
    assert table.to_numpy().tolist() == TABLE
    assert table.step.dtype == "int64"
    assert f"step from {names[0]!r}" in notes[0]
    assert f"test loss from {names[3]!r}" in notes[0]
    about_epochs = "the file counts epochs: each is taken to be one update (correct it by --record-every N)"
    assert (about_epochs in notes) == (names[0] == "epoch")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("long.json", long_form()),
        ("nested.json", {"history": columns(NAMES["usual"])}),
        ("steps.json", {str(row["step"]): {key: row[key] for key in row if key != "step"} for row in records(NAMES["usual"])}),
        ("splits.json", [{"step": s, "train": {"loss": a, "acc": b}, "test": {"loss": c, "acc": d}} for s, a, b, c, d in ROWS]),
    ],
)
def test_other_forms_of_json(name: str, data: Any, tmp_path: Path) -> None:
    assert read_curves(write(tmp_path, name, json.dumps(data)))[0].to_numpy().tolist() == TABLE


@pytest.mark.parametrize("ending", ["jsonl", "json", "ndjson"])
def test_one_record_a_line(ending: str, tmp_path: Path) -> None:
    text = "".join(json.dumps(row) + "\n" for row in long_form())
    assert read_curves(write(tmp_path, f"log.{ending}", text))[0].to_numpy().tolist() == TABLE


def test_interleaved_rows_come_apart_by_split(tmp_path: Path) -> None:
    table, _ = read_curves(write(tmp_path, "metrics.csv", INTERLEAVED))
    assert table.to_numpy().tolist() == [[7, "train", 4.5, 0.25], [9, "test", 4.75, 0.01], [15, "train", 3.5, 0.5], [17, "test", 5.5, 0.02]]


def test_accuracies_in_per_cent(tmp_path: Path) -> None:
    table, notes = read_curves(write(tmp_path, "log.csv", csv(NAMES["usual"], 100)))
    assert table.accuracy.tolist() == pytest.approx([row[3] for row in TABLE])
    assert "accuracies are in per cent, as 100 is more than 1" in notes


def test_a_loss_near_zero_settles_that_accuracies_are_shares(tmp_path: Path) -> None:
    """One per cent of right rows cannot go with a mean loss of .01: a wrong row costs at least ln 2."""
    _, notes = read_curves(write(tmp_path, "log.csv", csv(NAMES["usual"])))
    assert any(note.startswith("accuracies are shares (1 is 100 %): at a loss of 0.01 at least 98.") for note in notes)


def test_columns_that_the_user_names_win(tmp_path: Path) -> None:
    text = "t,epoch,train_loss,valid_ce,val_loss\n5,0,3,4,9\n10,1,1,2,9\n"
    table, notes = read_curves(write(tmp_path, "log.csv", text), parse_columns("step=t,test_loss=valid_ce"))
    assert table[table.split == "test"][["step", "loss"]].to_numpy().tolist() == [[5, 4], [10, 2]]
    assert notes[0].startswith("read step from 't', train loss from 'train_loss', test loss from 'valid_ce'")


def test_the_name_with_fewer_words_is_the_curve(tmp_path: Path) -> None:
    text = "step,full_train_loss,train_loss,train_loss_excluded,best_test_acc,test_acc\n0,1,2,3,1.0,0.5\n"
    table, _ = read_curves(write(tmp_path, "log.csv", text))
    assert table.loc[0, "loss"] == 2
    assert table.loc[1, "accuracy"] == 0.5


def test_without_steps_the_interval_is_assumed_and_can_be_given(tmp_path: Path) -> None:
    path = write(tmp_path, "losses.json", json.dumps({"train_losses": [3, 2, 1, 0.5], "test_losses": [4, 3]}))
    table, notes = read_curves(path)
    assert table[table.split == "test"].step.tolist() == [0, 2]
    assert any(
        "no steps beside the 4 records of train_losses: one an update is assumed (correct it by --record-every N)" in note for note in notes
    )
    given, about = read_curves(path, record_every=25)
    assert (given[given.split == "test"].step.tolist(), given.step.max()) == ([0, 50], 75)
    assert "the 2 records of test_losses: one every 50 updates, as --record-every gives" in about


def test_the_interval_gives_the_updates_of_an_epoch(tmp_path: Path) -> None:
    path = write(tmp_path, "log.json", json.dumps({"epoch": [0, 2, 4], "train_losses": [3, 2, 1]}))
    table, notes = read_curves(path, record_every=80)
    assert table.step.tolist() == [0, 80, 160]
    assert "the file counts epochs: each is taken to be 40 updates, as --record-every gives" in notes


def test_the_interval_of_a_log_with_steps_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "log.csv", csv(NAMES["usual"]))
    for every, complaint in (
        (5, "--record-every 5: the log gives its steps; leave it away"),
        (0, "--record-every 0: a number of updates, 1 or more"),
    ):
        with pytest.raises(UserError, match=complaint):
            read_curves(path, record_every=every)


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("log.csv", "step,loss\n1,2\n", "its columns are step, loss; name them by --columns"),
        ("log.csv", INTERLEAVED.replace("4.75", "none such"), "holds something other than numbers under val_loss"),
        ("log.csv", INTERLEAVED.split("\n")[0] + "\n", "has a header and no rows"),
        ("log.csv", "", "is no table of comma-separated values"),
        ("log.csv", "a,b\n1,2,3\n1\n1,2,3,4,5\n", "is no table of comma-separated values"),
        ("log.json", "{", "is no JSON"),
        ("log.json", "[" * 100_000, "is no JSON"),
        ("log.json", "3", "no reading of a train or test loss"),
        ("log.jsonl", '{"step": 0}\n{"st', "line 2 is no JSON"),
        ("log.json", '[{"step": 0.5, "train_loss": 1}]', "steps that are no whole numbers"),
        ("log.json", '[{"step": 1, "train_acc": 101}]', "accuracies below 0 or above 100"),
    ],
)
def test_other_files_are_refused_in_one_line(name: str, text: str, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=complaint) as error:
        read_curves(write(tmp_path, name, text))
    assert "\n" not in str(error.value)


def test_a_curve_that_is_named_twice_is_refused() -> None:
    with pytest.raises(UserError, match="names a column of step twice; give one"):
        parse_columns("step=a,step=b")


@pytest.mark.parametrize("text", ["", "step", "step=", "loss=a", "trainloss:a", "step=a,,"])
def test_columns_that_are_no_pairs_are_refused(text: str) -> None:
    with pytest.raises(UserError, match="write step=NAME, train_loss=NAME"):
        parse_columns(text)


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no column 'nll'; its columns are step, train_loss"):
        read_curves(write(tmp_path, "log.csv", "step,train_loss\n0,1\n"), {"test_loss": "nll"})


def test_a_log_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no file"):
        read_curves(tmp_path / "metrics.csv")


def test_the_published_log_of_adamw(oracles: Path) -> None:
    """First single readings at or above 95 and 99 %."""
    table = read_curves(oracles / "miml2025" / "adamw_transformer_40pct_metrics.csv")[0]
    found = {split: [first_crossing(rows.step, rows.accuracy, level) for level in (0.95, 0.99)] for split, rows in table.groupby("split")}
    assert found == {"train": [463, 511], "test": [41_881, 42_721]}
    peak = table[table.split == "test"].sort_values("loss").iloc[-1]
    assert (peak.step, peak.loss) == (4745, pytest.approx(14.0, abs=0.05))
