"""Two processes on one run: one waits, or is refused with the other one named; files are those of one process."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
import stacked_runs
import torch
from made_runs import make_run, write_weights
from tiny_flags import QUIET
from trained_runs import begin, config, contents, torch_settings_kept

import mechgrok
from mechgrok.cli import main
from mechgrok.engine.results import RESULTS
from mechgrok.errors import UserError
from mechgrok.measures.grokking.loss import Loss
from mechgrok.report import record
from mechgrok.report.writing import write_report
from mechgrok.runs import creation, store
from mechgrok.runs.locks.locking import locked
from mechgrok.runs.run import open_run
from mechgrok.training import finetuning
from mechgrok.training.execution import Execution

MADE = config(training__steps=8)


def _train(folder: Path) -> Callable[[], int]:
    begin(MADE, folder / "run")
    return lambda: main(["train", "--resume", str(folder / "run"), *QUIET])


def _finetune(folder: Path) -> Callable[[], int]:
    parent = open_run(make_run(folder / "parent"))
    wanted = MADE.model_copy(update={"model": parent.config.model, "start": config(start__load=("embed",)).start})
    finetuning.begin(wanted, finetuning.Origin.at(parent), folder / "run", Execution("cpu", 1))
    return lambda: main(["train", "--resume", str(folder / "run"), *QUIET])


def _record(folder: Path) -> Callable[[], int]:
    net, task = torch.nn.Embedding(5, 5), mechgrok.tasks.Table(rows=[[0], [1], [2], [3]], labels=[1, 2, 3, 4])

    def loop() -> int:
        with mechgrok.record(net, task, folder / "run", every=1) as recorder:
            for step in range(recorder.restore() or 1, 4):
                recorder(step)
        return 0

    loop()

    def again() -> int:
        try:
            return loop()
        except UserError as error:
            print(f"mechgrok: {error}")
            return 2

    return again


@pytest.mark.parametrize("prepare", [_train, _finetune, _record], ids=["train", "finetune", "record"])
def test_one_that_would_write_into_a_run_that_is_trained_is_refused_with_the_other_named(
    prepare: Callable[[Path], Callable[[], int]], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    command = prepare(tmp_path)
    capfd.readouterr()
    with locked(tmp_path / "run", "is being trained"):
        before = contents(tmp_path / "run")
        with torch_settings_kept():
            assert command() == 2
        assert contents(tmp_path / "run") == before
    out, err = capfd.readouterr()
    assert f"mechgrok: {tmp_path / 'run'} is being trained by process {os.getpid()} on {os.uname().nodename} (" in out + err
    with torch_settings_kept():
        assert command() == 0
    assert not list((tmp_path / "run").rglob(".*"))


def test_a_stack_of_which_one_run_is_trained_is_refused_whole(tmp_path: Path) -> None:
    stacked_runs.begin(MADE, tmp_path / "runs")
    before = contents(tmp_path / "runs")
    with locked(tmp_path / "runs" / "seed-1"), pytest.raises(UserError, match=rf"seed-1 is being trained by process {os.getpid()} on "):
        stacked_runs.resume(tmp_path / "runs")
    assert contents(tmp_path / "runs") == before
    stacked_runs.resume(tmp_path / "runs")


def test_of_two_that_create_a_run_the_second_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Training, finetuning, import and recording begin so. The other process has its folder in place while this one still writes."""
    out = tmp_path / "run"

    def written() -> Iterator[tuple[str, bytes]]:
        yield "config.json", b"mine"
        monkeypatch.setattr(creation.os, "getpid", lambda: 17)
        creation.create(out, [("config.json", b"theirs"), ("metrics.csv", b"theirs")])

    with pytest.raises(UserError, match=rf"^{out} exists already and is never overwritten"):
        creation.create(out, written())
    assert contents(out) == {"config.json": b"theirs", "metrics.csv": b"theirs"}
    assert os.listdir(tmp_path) == ["run"]


def test_folders_of_other_machines_are_left_to_them(tmp_path: Path) -> None:
    """A lock of a folder is not seen by other machines, so a process there may be at work in it."""
    theirs = tmp_path / f".run.17-{store.host_number() + 1}"
    theirs.mkdir()
    creation.create(tmp_path / "run", [("file", b"")])
    assert theirs.is_dir()


def test_readings_and_their_hash_are_of_the_same_rows_while_the_table_grows(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    table, run = folder / store.METRICS, open_run(folder)
    table.write_text("step,split,loss,accuracy\n0,train,2.0,0.25\n")
    before, now = run.metrics, open_run(folder).whole_fingerprint()
    with table.open("a") as growing:
        growing.write("4,train,1.0,0.5\n")
    assert run.whole_fingerprint() == now
    pd.testing.assert_frame_equal(run.metrics, before)
    assert open_run(folder).whole_fingerprint() != now


def test_a_line_that_is_being_written_is_not_read(tmp_path: Path) -> None:
    """Cut behind a digit it would be a line with another number."""
    folder = make_run(tmp_path / "run")
    table = folder / store.METRICS
    table.write_text("step,split,loss,accuracy\n0,train,2.0,0.25\n0,test,2.0,0.5\n")
    whole = open_run(folder).whole_fingerprint()
    with table.open("a") as growing:
        growing.write("4,train,1.0,0.")
    assert open_run(folder).metrics["accuracy"].tolist() == [0.25, 0.5]
    assert open_run(folder).whole_fingerprint() == whole


def test_a_checkpoint_that_is_written_again_while_it_is_analysed_gives_no_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that records begins again: the weights that are measured are not those that were hashed."""
    folder = make_run(tmp_path / "run")
    compute = Loss.compute

    def rewritten(self, snapshot, given):
        if snapshot.step == 10:
            write_weights(folder, 30, 7)
            (folder / "weights" / "00000030.safetensors").replace(store.weights_path(folder, 10))
        return compute(self, snapshot, given)

    with monkeypatch.context() as patch:
        patch.setattr(Loss, "compute", rewritten)
        with pytest.raises(UserError, match=rf"^{store.weights_path(folder, 10)} was written again while it was analysed; repeat"):
            mechgrok.analyze(open_run(folder), ["loss"], nulls=0)
    found = mechgrok.analyze(open_run(folder), ["loss"], nulls=0)["loss"].table
    alone = mechgrok.analyze(open_run(make_copy(folder, tmp_path / "copy")), ["loss"], nulls=0)["loss"].table
    pd.testing.assert_frame_equal(found, alone)


def make_copy(run: Path, out: Path) -> Path:
    """The run without its results."""
    import shutil

    return Path(shutil.copytree(run, out, ignore=shutil.ignore_patterns(RESULTS)))


def test_an_analysis_waits_for_one_that_writes_its_results(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    (folder / RESULTS).mkdir()
    analysed = threading.Thread(target=mechgrok.analyze, args=(folder, ["loss"]), kwargs={"nulls": 0})
    with locked(folder / RESULTS, "is being written"):
        analysed.start()
        analysed.join(0.3)
        assert analysed.is_alive()
        assert not list((folder / RESULTS).rglob("*.parquet"))
    analysed.join()
    assert list((folder / RESULTS).rglob("*.parquet"))


def test_a_report_waits_for_one_that_is_being_written(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    outcomes = mechgrok.analyze(folder, ["loss"], nulls=0)
    report = folder / "report"
    report.mkdir()
    written = threading.Thread(target=write_report, args=(open_run(folder), outcomes))
    with locked(report, "is being written"):
        written.start()
        written.join(0.3)
        assert written.is_alive()
        assert os.listdir(report) == [".lock"]
    written.join()
    assert sorted(os.listdir(report)) == ["index.html", "outcomes.json", "summary.json"]


def test_two_reports_lose_no_outcome_of_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_run(tmp_path / "run")
    outcomes = [mechgrok.analyze(folder, [name], nulls=0) for name in ("loss", "gini")]
    read = record.read

    def slow(run: Path) -> dict[str, dict[str, str]]:
        found = read(run)
        arrived.wait(0.2)
        return found

    arrived = threading.Event()
    monkeypatch.setattr(record, "read", slow)
    threads = [threading.Thread(target=write_report, args=(open_run(folder), each)) for each in outcomes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert json.loads((folder / "report" / "outcomes.json").read_text())["measures"].keys() == {"loss", "gini"}


def test_a_run_without_results_keeps_no_empty_report(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    with pytest.raises(UserError, match="no stored results"):
        write_report(open_run(folder))
    assert not (folder / "report").exists()
