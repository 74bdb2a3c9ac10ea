"""Runs without checkpoints, from logs in Lightning's layout."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from hooked_states import network
from lightning_logs import PERCENT, SETTINGS, SIZES, TRAIN_STEPS, VAL_STEPS, log
from usual_reading import RELU, usual_reading

from mechgrok.engine.analyze import analyze
from mechgrok.errors import UserError
from mechgrok.runs.importing.import_run import import_file
from mechgrok.runs.importing.options import Imported, ImportOptions
from mechgrok.runs.run import Run, open_run

READING = usual_reading("a b 7", *RELU)
"""Of the checkpoints, whose weights are random."""


def imported(path: Path, out: Path, **said: object) -> tuple[Run, Imported]:
    made = import_file(path, out, ImportOptions(**said))  # type: ignore[arg-type]
    return open_run(out), made


def test_its_curves_are_the_metrics_of_a_run_without_checkpoints(tmp_path: Path) -> None:
    run, made = imported(log(tmp_path / "log"), tmp_path / "run")
    assert (run.steps, made.steps, run.curves_only) == ([], (), True)
    for split, theirs, steps in (("train", "train", TRAIN_STEPS), ("test", "val", VAL_STEPS)):
        rows = run.metrics[run.metrics.split == split]
        assert rows.step.tolist() == steps
        assert rows.accuracy.tolist() == pytest.approx([percent / 100 for percent in PERCENT[theirs]], rel=1e-15)
    assert run.metrics[run.metrics.split == "test"].loss.tolist() == [7, 6, 5, 4, 3, 2, 1]
    assert run.is_train is None
    assert any("readings 7 of train, 7 of test, the last at step 1000004" in note for note in made.notes)


def test_p_is_the_root_of_the_rows_of_both_splits(tmp_path: Path) -> None:
    run, made = imported(log(tmp_path / "log"), tmp_path / "run")
    assert (run.task.kind, run.task.p, run.task.operation) == ("modular", 7, "add")
    assert f"the splits hold {SIZES[0]} and {SIZES[1]} rows, together 7^2: p = 7, and a share of 0.4082 was trained on" in made.notes
    assert any("assumed to be a + b" in note for note in made.notes)


def test_several_operands_are_a_sum(tmp_path: Path) -> None:
    settings = SETTINGS + "model: MLP\nnum_operand: 3\n"
    run, _ = imported(log(tmp_path / "log", settings, sizes=(25, 100)), tmp_path / "run")
    assert (run.task.kind, run.task.terms, run.task.p) == ("k-wise", 3, 5)


@pytest.mark.parametrize(
    ("operator", "more", "operation"),
    [
        ("+", "", "add"),
        ("-", "", "subtract"),
        ("'**3+'", "", "a^3+b"),
        ("x**2+x*y_mod", "model: Transformer\n", "add"),
        ("x**3+x*y**2+y_mod_97", "", "a^3+ab^2+b"),
    ],
)
def test_the_operation_is_that_of_the_settings(operator: str, more: str, operation: str, tmp_path: Path) -> None:
    """Except in the code that has a setting `model`, which always adds."""
    run, _ = imported(log(tmp_path / "log", f"math_operator: {operator}\n{more}"), tmp_path / "run")
    assert run.task.operation == operation


@pytest.mark.parametrize(("size", "batch"), [("0", "auto"), ("-1", "full"), ("512", 512), ("0.1", 0.1)])
def test_the_size_of_a_batch_is_that_of_the_settings(size: str, batch: object, tmp_path: Path) -> None:
    run, _ = imported(log(tmp_path / "log", f"batchsize: {size}\n"), tmp_path / "run")
    assert run.config.training.batch == batch


def test_settings_are_kept_without_the_folders_of_their_author(tmp_path: Path) -> None:
    run, _ = imported(log(tmp_path / "log", SETTINGS), tmp_path / "run")
    kept = run.execution["imported"]
    assert kept["hparams"]["train_data_pct"] == 40.0
    assert kept["format"] == "log"
    assert "/home" not in (run.path / "execution.json").read_text()


def test_another_p_than_the_sizes_tell_is_told(tmp_path: Path) -> None:
    run, made = imported(log(tmp_path / "log"), tmp_path / "run", p=11)
    assert run.task.p == 11
    assert any("the table modulo 11 has 121: other rows, or another p" in note for note in made.notes)


def test_a_folder_stands_for_its_log(tmp_path: Path) -> None:
    run, _ = imported(log(tmp_path / "log", SETTINGS).parent, tmp_path / "run")
    assert run.execution["imported"]["file"] == "metrics.csv"


def test_what_looks_at_weights_says_in_a_line_that_there_are_none(tmp_path: Path) -> None:
    run, _ = imported(log(tmp_path / "log"), tmp_path / "run")
    with pytest.raises(UserError, match="holds imported curves and no network"):
        run.snapshot()
    with pytest.raises(UserError, match="holds imported curves and no network"):
        run.model()
    with pytest.raises(UserError, match=r"model\.kind unknown belongs to imported curves"):
        run.config.model.architecture(run.task)


def test_the_published_log(oracles: Path, tmp_path: Path) -> None:
    run, _ = imported(oracles / "miml2025" / "adamw_transformer_40pct_metrics.csv", tmp_path / "run")
    assert (run.task.p, run.metrics.split.value_counts().to_dict()) == (97, {"train": 510, "test": 290})


HEADER = "step,train_accuracy,train_loss,val_accuracy,val_loss\n"


@pytest.mark.parametrize(
    ("text", "said", "complaint"),
    [
        ("", ImportOptions(), "is no table of comma-separated values"),
        (
            "step,loss\n1,2\n",
            ImportOptions(),
            "its columns are step, loss; name them by --columns",
        ),
        (HEADER, ImportOptions(p=7), "has a header and no rows"),
        (HEADER + "1,,,,\n", ImportOptions(p=7), "holds no reading"),
        (HEADER + "1,2,3,,\n", ImportOptions(operation="add"), "the log does not determine p; give --p"),
        (HEADER + "1,2,3,,\n", ImportOptions(p=1), "p"),
        (HEADER + "1.5,2,3,,\n", ImportOptions(p=7), "steps that are no whole numbers"),
        (HEADER + "-1,2,3,,\n", ImportOptions(p=7), "steps that are no whole numbers"),
        (HEADER + "inf,2,3,,\n", ImportOptions(p=7), "steps that are no whole numbers"),
        (HEADER + "1,200,3,,\n", ImportOptions(p=7), "accuracies below 0 or above 100"),
        (HEADER + "1,2,high,,\n", ImportOptions(p=7), "something other than numbers under train_loss"),
        (HEADER + "1,2,3,,\n", ImportOptions(p=7, step=4), "leave --step away"),
        (HEADER + "1,2,3,,\n", ImportOptions(p=7, train_rows=4), "leave --train-rows away"),
        (HEADER + "1,2,3,,\n", ImportOptions(p=7, split_file=Path("rows.txt")), "leave --split-file away"),
        (HEADER + "1,2,3,,\n", ImportOptions(p=7, reading=("heads=4",)), "leave --reading away"),
        (
            HEADER + "1,2,3,,\n",
            ImportOptions(p=7, split="python-shuffle", fraction=0.3, split_seed=0),
            "leave --split, --fraction, --split-seed",
        ),
    ],
)
def test_what_is_no_log_is_refused_in_one_line(text: str, said: ImportOptions, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text(text)
    with pytest.raises(UserError, match=complaint) as error:
        import_file(tmp_path / "metrics.csv", tmp_path / "run", said)
    assert "\n" not in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.csv"]


@pytest.mark.parametrize(
    ("settings", "said", "complaint"),
    [
        ("math_operator: s5\n", ImportOptions(), "math_operator: 's5', which is none of the operations known here; give --operation"),
        ("num_operand: 3\n", ImportOptions(p=5, operation="multiply"), "3 operands, and multiply has two"),
        ("num_operand: 9\n", ImportOptions(p=5), "terms"),
        ("num_operand: many\n", ImportOptions(p=5), "terms"),
        ("batchsize: -3\n", ImportOptions(), "batch"),
        ("num_operand: 3\n", ImportOptions(), "20 and 29 rows, together no power of 3; give --p"),
    ],
)
def test_settings_that_cannot_be_are_refused_in_one_line(settings: str, said: ImportOptions, complaint: str, tmp_path: Path) -> None:
    path = log(tmp_path / "log", settings)
    with pytest.raises(UserError, match=complaint) as error:
        import_file(path, tmp_path / "run", said)
    assert "\n" not in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_a_log_that_names_no_task_is_of_an_unknown_task(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("step,train_loss,test_loss\n0,3,4\n10,0.1,2\n")
    run, made = imported(tmp_path / "log.csv", tmp_path / "run")
    assert (run.task.kind, made.steps) == ("unknown", ())
    assert "the log names no task, so the task is unknown (give it by --p and --operation)" in made.notes
    with pytest.raises(UserError, match="imported curves that name no task; import them again with --p and --operation"):
        run.task.labels()
    assert "task.kind" not in str(analyze(run, ["grok-times"])["grok-times"])


def test_weights_and_a_log_in_one_folder_are_one_run(tmp_path: Path) -> None:
    """The log gives the readings, the files the checkpoints."""
    folder = tmp_path / "both"
    folder.mkdir()
    for step in (0, 10):
        torch.save(network(seed=step), folder / f"c_{step}.pt")
    (folder / "history.json").write_text('{"step": [0, 5, 10], "test_loss": [3, 3, 2], "test_acc": [0, 0.25, 1]}')
    (folder / "config.json").write_text('{"lr": 0.001}')
    run, made = imported(folder, tmp_path / "run", operation="add", reading=READING)
    assert (run.steps, made.steps) == ([0, 10], (0, 10))
    test = run.metrics[run.metrics.split == "test"]
    assert (test.step.tolist(), test.loss.tolist(), test.accuracy.tolist()) == ([0, 5, 10], [3, 3, 2], [0, 0.25, 1])
    assert "curves of history.json" in made.notes


@pytest.mark.parametrize(
    ("logs", "readings", "note"),
    [
        (("a.csv", "b.csv"), 0, "no curves are taken, since the folder holds several logs: a.csv, b.csv; leave one of them in it"),
        (("a.csv", "metrics.csv"), 1, "of the logs a.csv, metrics.csv, metrics.csv is taken; left out a.csv"),
    ],
)
def test_several_logs_beside_weights_are_noted(logs: tuple[str, ...], readings: int, note: str, tmp_path: Path) -> None:
    folder = tmp_path / "both"
    folder.mkdir()
    torch.save(network(), folder / "c.pt")
    for name in logs:
        (folder / name).write_text("step,train_loss\n0,3\n")
    run, made = imported(folder, tmp_path / "run", operation="add", reading=READING)
    assert len(run.metrics) == readings
    assert note in made.notes


def test_several_logs_in_a_folder_are_named(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("step,train_loss\n0,3\n")
    with pytest.raises(UserError, match=r"holds several logs: a\.csv, b\.csv; give one of them"):
        import_file(tmp_path, tmp_path / "run", ImportOptions())


def test_the_interval_of_a_log_beside_checkpoints(tmp_path: Path) -> None:
    """Without steps in the log, its readings end at the last checkpoint, unless the interval is given."""
    folder = tmp_path / "both"
    folder.mkdir()
    for step in (0, 90):
        torch.save(network(seed=step), folder / f"c_{step}.pt")
    (folder / "history.json").write_text('{"train_losses": [4, 3, 2, 1]}')
    assumed, made = imported(folder, tmp_path / "assumed", operation="add", reading=READING)
    assert assumed.metrics.step.tolist() == [0, 30, 60, 90]
    assert "no steps beside the 4 records of train_losses: one every 30 updates is assumed (correct it by --record-every N)" in made.notes
    given, made = imported(folder, tmp_path / "given", operation="add", record_every=15, reading=READING)
    assert given.metrics.step.tolist() == [0, 15, 30, 45]
    assert "the 4 records of train_losses: one every 15 updates, as --record-every gives" in made.notes


CURVES = {"train_losses": [3.0, 2.0, 1.0], "test_losses": [3.0, 3.5, 0.5]}


@pytest.mark.parametrize("ending", [".pt", ".pth", ".pkl", ".npz"])
@pytest.mark.parametrize("nested", [False, True])
def test_curves_alone_in_a_file_of_arrays_are_a_log(ending: str, nested: bool, tmp_path: Path) -> None:
    path, data = tmp_path / f"run{ending}", {**CURVES, "steps": [0, 50, 100]}
    if ending == ".npz":
        np.savez(path, **{f"history/{name}" if nested else name: np.array(values) for name, values in data.items()})
    elif ending == ".pkl":
        path.write_bytes(pickle.dumps({"history": data} if nested else data))
    else:
        torch.save({"history": {name: torch.tensor(values) for name, values in data.items()}} if nested else data, path)
    run, made = imported(path, tmp_path / "out")
    assert (run.steps, run.task.kind) == ([], "unknown")
    for split in ("train", "test"):
        rows = run.metrics[run.metrics.split == split]
        assert (rows.step.tolist(), rows.loss.tolist()) == ([0, 50, 100], CURVES[f"{split}_losses"])
    assert any("curves alone, without a network" in note for note in made.notes)


def test_curves_of_several_runs_by_other_keys_are_no_log(tmp_path: Path) -> None:
    torch.save({"all_runs": {("add", 0.1): CURVES, ("add", 0.2): CURVES}}, tmp_path / "runs.pt")
    with pytest.raises(UserError, match="holds no weights"):
        import_file(tmp_path / "runs.pt", tmp_path / "out", ImportOptions())
    assert not (tmp_path / "out").exists()


def test_columns_of_weights_are_refused(tmp_path: Path) -> None:
    torch.save(network(), tmp_path / "c.pt")
    with pytest.raises(UserError, match="--columns names columns of a log"):
        import_file(tmp_path / "c.pt", tmp_path / "out", ImportOptions(columns={"step": "epoch"}))


def test_arrays_of_losses_beside_checkpoints_are_their_log(tmp_path: Path) -> None:
    folder = tmp_path / "both"
    folder.mkdir()
    torch.save(network(), folder / "step_100.pt")
    np.savez(folder / "losses.npz", **CURVES, steps=[0, 50, 100])
    run, made = imported(folder, tmp_path / "run", operation="add", reading=READING)
    assert run.metrics[run.metrics.split == "test"].loss.tolist() == CURVES["test_losses"]
    assert "curves of losses.npz" in made.notes
    assert not any("left out" in note for note in made.notes)
